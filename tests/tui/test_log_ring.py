"""The ring of records that a log view shows."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from aana_tui.state.log_entries import KEPT_CHARS, LogEntry, entry_of, mark_at
from aana_tui.state.log_filter import OPEN, BadPattern, LogFilter
from aana_tui.state.log_lines import pieces_of, pretty_of
from aana_tui.state.log_ring import LogRing
from aanad.wire.logs import LogRecord

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WORDS = ("loaded", "failed", "batch", "OOM", "ok", "字幕", "x" * 300)
FILTERS = (
    OPEN,
    LogFilter(ins=("oom",)),
    LogFilter(ins=("a", "d$"), outs=("batch",)),
    LogFilter(level="warning"),
    LogFilter(hidden=frozenset({"asr/model#r1"}), outs=("OOM",)),
)


def entry(number: int, chance: random.Random) -> LogEntry:
    if chance.random() < 0.05:
        return mark_at(START + timedelta(seconds=number))
    text = " ".join(chance.choices(WORDS, k=3))
    level = chance.choice(["debug", "info", "warning", "error", ""])
    return LogEntry(
        START + timedelta(seconds=number), text, level, "asr", "model", chance.choice(["r1", "r2"]),
        is_error=level == "error",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_the_ring_shows_what_looking_at_every_record_would(seed: int) -> None:
    """However records, marks and filters follow each other: the newest are kept, and of these those that match."""
    chance = random.Random(seed)
    ring = LogRing(max_records=chance.randint(5, 200), max_bytes=chance.choice([20_000, 1 << 30]))
    everything: list[LogEntry] = []
    narrowing = None
    for step in range(60):
        batch = [entry(step * 100 + number, chance) for number in range(chance.randint(0, 30))]
        everything += batch
        ring.append(batch)
        if chance.random() < 0.3:
            narrowing = ring.narrow(chance.choice(FILTERS))
        if narrowing is not None and narrowing.step(0 if chance.random() < 0.5 else 1):
            narrowing = None
        marks = [seq for seq in ring.shown if ring[seq].is_mark]
        if marks and chance.random() < 0.1:
            ring.remove_mark(chance.choice(marks))

        kept = everything[ring.first :]
        assert list(ring.entries()) == kept
        assert [one.seq for one in kept] == list(range(ring.first, ring.next))
        assert [ring[seq] for seq in ring.shown] == [one for one in kept if ring.filter.shows(one)]
        assert ring.records == sum(not one.is_mark and not one.is_void for one in kept)
        assert ring.shown_records == sum(ring.filter.shows(one) and not one.is_mark for one in kept)
        assert ring.bytes == sum(one.size_bytes for one in kept)
        for seq in (ring.first - 1, ring.first, ring.next - 1, ring.next):
            assert ring.place_of(seq) == sum(one < seq for one in ring.shown)


def test_the_newest_records_are_kept_within_number_and_bytes() -> None:
    """Neither many small records nor a few huge ones fill the memory; the newest one is always there."""
    many = LogRing(max_records=100)
    many.append(LogEntry(START, f"line {number}") for number in range(1000))
    huge = LogRing(max_bytes=100_000)
    huge.append(LogEntry(START, "x" * 60_000) for _ in range(10))

    assert (100, "line 999") == (many.records, many[many.next - 1].text)
    assert 1 == huge.records


def test_a_filter_is_applied_a_little_at_a_time() -> None:
    """A step stops when its time is over, and until the last one is done the old filter works."""
    ring = LogRing()
    ring.append(LogEntry(START, f"line {number}") for number in range(10_000))
    narrowing = ring.narrow(LogFilter(ins=("7",)))

    assert not narrowing.step(0)
    assert 0 < narrowing.share < 1
    assert ring.filter.is_open
    while not narrowing.step(0):
        ring.append([LogEntry(START, "line 7 came meanwhile")])
    assert "line 7 came meanwhile" == ring[ring.shown[-1]].text
    assert all("7" in ring[seq].text for seq in ring.shown)


def test_small_letters_match_capitals_too() -> None:
    """Who types a capital means it."""
    found = [LogFilter(ins=(text,)).shows(LogEntry(START, "An OOM")) for text in ("oom", "OOM", "Oom")]

    assert [True, True, False] == found


def test_what_is_no_regular_expression_is_said_in_a_sentence() -> None:
    """With what is wrong with it."""
    with pytest.raises(BadPattern, match="'\\(' is no regular expression"):
        OPEN.with_in("(")


def test_a_level_shows_that_and_worse_and_tracebacks_that_say_none() -> None:
    """A traceback on standard error carries no level, and is what one looks for."""
    levels = LogFilter(level="warning")
    traceback = entry_of(record("Traceback (most recent call last):\n  ValueError", level=None))

    assert [False, True, True] == [
        levels.shows(entry_of(record("x", level=each))) for each in ("info", "warning", "error")
    ]
    assert levels.shows(traceback)
    assert not levels.shows(entry_of(record("plain", level=None)))


def test_a_long_message_is_kept_up_to_a_cap() -> None:
    """And it is said how much is missing."""
    kept = entry_of(record("x" * 1_300_000))
    whole = entry_of(record("x" * 1_300_000), whole=True)

    assert (KEPT_CHARS, 1_300_000 - KEPT_CHARS) == (len(kept.text), kept.left_out)
    assert (1_300_000, 0) == (len(whole.text), whole.left_out)


@pytest.mark.parametrize("seed", range(10))
def test_broken_lines_are_the_whole_line(seed: int) -> None:
    """Nothing is lost or twice where a line is broken, no piece is too long, and hits are where they were."""
    import re

    from rich.cells import cell_len

    chance = random.Random(seed)
    lines = ["".join(chance.choices("ab é字🎬\u0301 x", k=chance.randint(0, 400))) for _ in range(5)]
    pieces = pieces_of(lines, re.compile("a+ ?b"), (24, 40))

    assert "".join(lines) == "".join(piece.text for piece in pieces)
    assert all(cell_len(piece.text) <= 40 for piece in pieces)
    hits = sum(len(match.group()) for line in lines for match in re.finditer("a+ ?b", line))
    assert hits == sum(end - start for piece in pieces for start, end in piece.hits)


def test_json_in_a_message_is_laid_out() -> None:
    """Also behind a few words; what is not JSON stays, and escapes in it stay harmless."""
    assert 'done\n{\n  "a": [\n    1\n  ]\n}' == pretty_of('done {"a": [1]}')
    assert "{not json" == pretty_of("{not json")
    assert "[0/5] ok" == pretty_of("[0/5] ok")
    assert "\x1b" not in pretty_of('{"a": "\\u001b[2J"}')


def record(message: str, level: str | None = "info") -> LogRecord:
    return LogRecord(time=START, source="serve", level=level, message=message)
