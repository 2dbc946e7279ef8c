"""The view of logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aana_tui.demo.box import SimulatedBox
from aana_tui.places import Place
from aana_tui.screens.logs import LogsView
from aana_tui.state.log_ring import LogRing
from aana_tui.widgets.log_view import LogView
from tests.tui.consoles import eventually, running, screen_text

TRACEBACK = 'It failed.\nTraceback (most recent call last):\n  File "a.py", line 1, in run\nValueError: no'


@asynccontextmanager
async def reading(
    box: SimulatedBox, *, size: tuple[int, int] = (80, 24), place: Place | None = None
) -> AsyncIterator[Pilot[None]]:
    async with running(box, size=size) as pilot:
        pilot.app.go(place or Place("logs"))
        await eventually(pilot, lambda: isinstance(pilot.app.shell.view, LogsView))
        await eventually(pilot, lambda: logs(pilot).feed is not None and logs(pilot).feed.has_answered)
        await everything_shown(pilot)
        yield pilot


async def everything_shown(pilot: Pilot[None]) -> None:
    view = logs(pilot)
    await eventually(pilot, lambda: view.feed is not None and not view.feed.waiting)
    view._painted_at = view._began_at = 0
    view._drain()
    await pilot.pause()


async def written(pilot: Pilot[None], box: SimulatedBox, *messages: str, **fields: object) -> None:
    """Messages are written, and have arrived."""
    view = logs(pilot)
    end = view.feed._given + len(messages)
    for message in messages:
        box.log.add(message, **fields)
    await eventually(pilot, lambda: view.feed._given >= end)
    await everything_shown(pilot)


def logs(pilot: Pilot[None]) -> LogsView:
    view = pilot.app.shell.view
    assert isinstance(view, LogsView)
    return view


def log_view(pilot: Pilot[None]) -> LogView:
    return logs(pilot).main()


def lines(pilot: Pilot[None]) -> list[str]:
    """What stands in the log, line by line."""
    return [line for line in screen_text(pilot).splitlines()[2:-1] if line.strip()]


def status(pilot: Pilot[None]) -> str:
    return screen_text(pilot).splitlines()[1]


@pytest.fixture
def box() -> SimulatedBox:
    """A box that has written nothing yet."""
    box = SimulatedBox()
    box.log.clear()
    return box


def fill(box: SimulatedBox, count: int, **fields: object) -> None:
    for number in range(count):
        box.log.add(f"line {number}", **fields)


async def test_new_lines_are_followed(box: SimulatedBox) -> None:
    """The newest line stands at the bottom, and the view says that it follows."""
    fill(box, 100)
    async with reading(box) as pilot:
        assert lines(pilot)[-1].endswith("line 99")
        await written(pilot, box, "another")

        assert lines(pilot)[-1].endswith("another")
        assert "● following" in status(pilot)


async def test_an_empty_log_says_so(box: SimulatedBox) -> None:
    """Never a blank screen."""
    async with reading(box) as pilot:
        assert "No records yet." in screen_text(pilot)
        await pilot.press("3")
        await eventually(pilot, lambda: "Nothing in the last 5 minutes; 0 shows the newest" in screen_text(pilot))


async def test_scrolling_up_stops_and_counts_what_is_new(box: SimulatedBox) -> None:
    """What is read stays where it is, until f."""
    fill(box, 100)
    async with reading(box) as pilot:
        await pilot.press("ctrl+u")
        before = lines(pilot)
        await written(pilot, box, *(f"new {number}" for number in range(1204)))

        assert before == lines(pilot)
        assert "◌ paused  +1,204 new (f)" in status(pilot)
        await pilot.press("f")
        assert lines(pilot)[-1].endswith("new 1203")
        assert "new (f)" not in status(pilot)


async def test_trimming_moves_nothing_that_is_read(box: SimulatedBox) -> None:
    """What would push it out of memory waits at the daemon until the view follows again; then all of it comes."""
    fill(box, 40)
    async with reading(box) as pilot:
        view = log_view(pilot)
        view.ring._max_records = 64
        await pilot.press("g", "ctrl+d")
        before = lines(pilot)
        fill(box, 300)
        await eventually(pilot, lambda: logs(pilot).feed.waiting and view.must_wait)
        await pilot.pause()

        assert before == lines(pilot)
        assert "the rest waits (f)" in status(pilot)
        await pilot.press("f")
        await eventually(pilot, lambda: lines(pilot) and lines(pilot)[-1].endswith("line 299"))


async def test_a_ring_that_is_trimmed_keeps_the_line_at_the_top(box: SimulatedBox) -> None:
    """Records that went were above it."""
    async with reading(box) as pilot:
        view = log_view(pilot)
        view.ring._max_records = 100
        await written(pilot, box, *(f"line {number}" for number in range(100)))
        await pilot.press("ctrl+u")
        before = lines(pilot)
        await written(pilot, box, *(f"new {number}" for number in range(30)))

        assert view.ring.first > 0
        assert before == lines(pilot)


async def test_the_search_marks_hits_and_goes_to_them(box: SimulatedBox) -> None:
    """The keys are n and N; where there is none, it says so, and what does not match stays on the screen."""
    for number in range(200):
        box.log.add(f"OOM at {number}" if number % 50 == 0 else f"fine {number}")
    async with reading(box) as pilot:
        logs(pilot).set_filter("oom at")
        await pilot.press("N")
        await eventually(pilot, lambda: cursor_line(pilot).endswith("OOM at 150"))
        await pilot.press("N")
        await eventually(pilot, lambda: cursor_line(pilot).endswith("OOM at 100"))
        await pilot.press("n")
        await eventually(pilot, lambda: cursor_line(pilot).endswith("OOM at 150"))

        assert any("fine" in line for line in lines(pilot))
        assert "/oom at" in status(pilot)
        strips = [log_view(pilot).render_line(y) for y in range(20)]
        assert ["OOM at"] == [one.text for strip in strips for one in strip if one.style and one.style.reverse]
        await pilot.press("n")
        await eventually(pilot, lambda: "No hit of 'oom at' after this; N" in notices(pilot))


async def test_the_next_error_is_one_key_away(box: SimulatedBox) -> None:
    """An error by its level, or a traceback, whole on the screen."""
    fill(box, 50)
    box.log.add(TRACEBACK, level=None, source="stderr")
    fill(box, 50)
    box.log.add("it broke", level="critical")
    fill(box, 50)
    async with reading(box) as pilot:
        await pilot.press("E")
        await eventually(pilot, lambda: cursor_line(pilot).endswith("it broke"))
        await pilot.press("E")
        await eventually(pilot, lambda: cursor_line(pilot).endswith("It failed."))

        assert "ValueError: no" in screen_text(pilot)
        await pilot.press("e")
        await eventually(pilot, lambda: cursor_line(pilot).endswith("it broke"))


async def test_filters_narrow_what_is_shown_and_say_how_much(box: SimulatedBox) -> None:
    """In, out and level; each is taken away again by one key, the last one first."""
    for number in range(120):
        box.log.add(f"batch {number} done", level="error" if number % 10 == 0 else "info")
    async with reading(box, size=(120, 24)) as pilot:
        logs(pilot).set_filter("batch 1")
        await pilot.press("ampersand")
        await eventually(pilot, lambda: "matches 31 of 120" in status(pilot))
        logs(pilot).do_out("done$")
        await eventually(pilot, lambda: "matches 0 of 120" in status(pilot))
        assert "None of the 120 records here matches" in screen_text(pilot)
        await pilot.press("backspace", "v", "v")
        await eventually(pilot, lambda: "matches 3 of 120  in batch 1  ≥ error" in status(pilot))

        assert 3 == len(lines(pilot))
        await pilot.press("backspace", "backspace")
        await eventually(pilot, lambda: "matches" not in status(pilot))


async def test_what_is_left_out_by_the_slash_comes_back_with_it(box: SimulatedBox) -> None:
    """``/!regex`` works as long as it stands there; ``!`` keeps it."""
    for text in ("keep", "health check", "keep too"):
        box.log.add(text)
    async with reading(box) as pilot:
        logs(pilot).set_filter("!health")
        await eventually(pilot, lambda: len(lines(pilot)) == 2)
        logs(pilot).set_filter("")
        await eventually(pilot, lambda: len(lines(pilot)) == 3)
        logs(pilot).set_filter("!health")
        await pilot.press("exclamation_mark")
        logs(pilot).set_filter("")

        await eventually(pilot, lambda: len(lines(pilot)) == 2)


async def test_a_regex_that_is_being_typed_may_be_none_yet(box: SimulatedBox) -> None:
    """The status says so, and what was searched for stays."""
    box.log.add("a(b")
    async with reading(box, size=(120, 24)) as pilot:
        logs(pilot).set_filter("a")
        logs(pilot).set_filter("a(")
        await pilot.pause()

        assert "'a(' is no regular expression" in status(pilot)
        assert "a" == log_view(pilot).search


async def test_marks_show_what_came_after_a_moment(box: SimulatedBox) -> None:
    """A rule across; M goes to it, and m on it takes it away."""
    fill(box, 30)
    async with reading(box) as pilot:
        await pilot.press("m")
        await written(pilot, box, *(f"after {number}" for number in range(40)))
        await pilot.press("M")
        await eventually(pilot, lambda: "────" in cursor_line(pilot))
        assert any(line.endswith("after 0") for line in lines(pilot))
        await pilot.press("m")
        await pilot.pause()

        assert "────" not in screen_text(pilot)
        assert log_view(pilot).ring.records == 70


@pytest.mark.parametrize(
    ("key", "said", "asked"),
    [
        ("0", "the tail", {"tail": "2000", "follow": "true"}),
        ("1", "the beginning", {"tail": "all", "follow": "false"}),
        ("2", "the last minute", {"since": "1m", "follow": "true"}),
        ("3", "the last 5 minutes", {"since": "5m"}),
        ("4", "the last 15 minutes", {"since": "15m"}),
        ("5", "the last 30 minutes", {"since": "30m"}),
        ("6", "the last hour", {"since": "1h"}),
    ],
)
async def test_digits_choose_how_far_back_the_log_reaches(
    box: SimulatedBox, key: str, said: str, asked: dict[str, str]
) -> None:
    """While the log has the keys, they are no views; the view says which is chosen."""
    box.log.add("long ago", seconds_ago=1000)
    box.log.add("now")
    async with reading(box) as pilot:
        await pilot.press(key)
        await eventually(pilot, lambda: said in status(pilot) and lines(pilot)[-1].endswith("now"))

        query = [one for one in box.requests if one.path == "/v1/logs"][-1].query
        assert asked.items() <= dict(query).items()
        assert ("long ago" in screen_text(pilot)) is (key in "0156")


async def test_lines_are_broken_or_cut(box: SimulatedBox) -> None:
    """Cut ones are moved sideways; what says who wrote it stays."""
    box.log.add("begin " + "x" * 150 + " end")
    async with reading(box) as pilot:
        assert "end" in screen_text(pilot)
        await pilot.press("w")
        assert 1 == len(lines(pilot))
        assert "end" not in screen_text(pilot)
        for _ in range(10):
            await pilot.press("right")
        await pilot.pause()

        assert lines(pilot)[0].endswith("end")
        assert "03:04:05" in lines(pilot)[0]


async def test_another_width_breaks_lines_anew(box: SimulatedBox) -> None:
    """And what is read stays at the top."""
    fill(box, 30)
    box.log.add("wide " + "x" * 200)
    fill(box, 40)
    async with reading(box, size=(80, 24)) as pilot:
        logs(pilot).set_filter("wide")
        await pilot.press("N")
        await eventually(pilot, lambda: "wide" in cursor_line(pilot))
        top = lines(pilot)[0]
        narrow = sum("xxx" in line for line in lines(pilot))
        await pilot.resize_terminal(160, 24)
        await pilot.pause()

        assert top.split()[-1] == lines(pilot)[0].split()[-1]
        assert (narrow, 2) == (3, sum("xxx" in line for line in lines(pilot)))


async def test_times_are_shown_as_one_likes(box: SimulatedBox) -> None:
    """Of day, with date and microseconds, since the line before, or not."""
    box.log.add("first", seconds_ago=2.5)
    box.log.add("second")
    async with reading(box) as pilot:
        seen = [lines(pilot)[1][1:].split("serve")[0].rstrip()]
        for _ in range(3):
            await pilot.press("t")
            await pilot.pause()
            seen.append(lines(pilot)[1][1:].split("serve")[0].rstrip())

        assert [" 03:04:05 I", " 2026-01-02 03:04:05.000000Z I", "   +2.500s I", " I"] == seen


async def test_json_is_laid_out_on_demand(box: SimulatedBox) -> None:
    """As many lines as it takes."""
    box.log.add('{"event": "batch.done", "cache": {"hit": true}}')
    async with reading(box) as pilot:
        assert 1 == len(lines(pilot))
        await pilot.press("p")
        await pilot.pause()

        assert '   │     "hit": true' in [line.rstrip() for line in lines(pilot)]


async def test_a_line_without_a_time_of_its_own_is_marked(box: SimulatedBox) -> None:
    """It stands where it arrived."""
    box.log.add("no time", source="stderr", by_arrival=True, level=None)
    async with reading(box) as pilot:
        assert lines(pilot)[0].startswith("▸~03:04:05")


async def test_merged_replicas_are_named_and_coloured(box: SimulatedBox) -> None:
    """As far as they differ; for copying, the names can be switched off."""
    box.log.add("one", project="asr", deployment="model", replica="abcdefgh1")
    box.log.add("two", project="asr", deployment="model", replica="abcdefgh2")
    async with reading(box, place=Place("logs", project="asr", deployment="model")) as pilot:
        assert ["#efgh1 one", "#efgh2 two"] == [line.split(" I ")[1] for line in lines(pilot)]
        colours = {
            segment.style.color for y in range(2) for segment in log_view(pilot).render_line(y) if "#" in segment.text
        }
        assert 2 == len(colours)
        await pilot.press("a")
        await pilot.pause()
        assert ["one", "two"] == [line.split(" I ")[1] for line in lines(pilot)]


async def test_sources_are_hidden_and_shown(box: SimulatedBox) -> None:
    """A window lists who wrote how much."""
    for number in range(3):
        box.log.add(f"of asr {number}", project="asr", deployment="model", replica="r1")
    box.log.add("of the daemon", source="daemon")
    async with reading(box) as pilot:
        await pilot.press("R")
        await eventually(pilot, lambda: "RECORDS" in screen_text(pilot))
        await pilot.press("j", "space", "enter")
        await eventually(pilot, lambda: "matches 3 of 4" in status(pilot))

        assert "of the daemon" not in screen_text(pilot)


async def test_a_lost_link_is_said_and_nothing_is_missing_afterwards(box: SimulatedBox) -> None:
    """With the time from which it will go on."""
    fill(box, 3)
    async with reading(box) as pilot:
        box.link_down()
        await eventually(pilot, lambda: "link lost, resuming from 03:04:05" in screen_text(pilot))
        assert any(line.endswith("line 2") for line in lines(pilot))
        box.log.add("meanwhile")
        box.link_up()
        await eventually(pilot, lambda: "meanwhile" in screen_text(pilot), within_s=30)

        await eventually(pilot, lambda: "link lost, resuming" not in screen_text(pilot))
        assert 4 == screen_text(pilot).count("03:04:05 I serve")


async def test_a_log_that_is_not_seen_waits(box: SimulatedBox) -> None:
    """Nothing is taken from the daemon for nobody; coming back, one reads on."""
    fill(box, 3)
    async with reading(box) as pilot:
        view = logs(pilot)
        pilot.app.go(Place("projects"))
        await eventually(pilot, lambda: not view.is_seen)
        box.log.add("meanwhile")
        await eventually(pilot, lambda: view.feed.waiting == 1)
        pilot.app.go(Place("logs"))

        await eventually(pilot, lambda: lines(pilot)[-1].endswith("meanwhile"))


async def test_a_burst_is_sampled_and_it_is_said(box: SimulatedBox) -> None:
    """All of it is there: stopping shows it."""
    fill(box, 30)
    async with reading(box) as pilot:
        await written(pilot, box, *(f"burst {number}" for number in range(400)))
        assert "showing 1 in" in status(pilot)
        await pilot.press("f")
        await pilot.pause()

        assert "showing 1 in" not in status(pilot)
        view = log_view(pilot)
        assert [f"burst {number}" for number in range(400)] == [view.ring[seq].text for seq in view.ring.shown][-400:]


async def test_the_record_under_the_cursor_is_what_is_copied(box: SimulatedBox) -> None:
    """As a line, and as JSON."""
    box.log.add("first")
    box.log.add("second", project="asr", request_id="abc")
    async with reading(box) as pilot:
        (target,) = logs(pilot).targets()

        assert ("log", "asr") == (target.kind, target.project)
        assert "2026-01-02T03:04:05.000Z asr info second" == target.row
        assert '"request_id": "abc"' in target.json
        await pilot.press("k")
        assert "first" in logs(pilot).targets()[0].row


async def test_a_record_longer_than_the_screen_is_read_line_by_line(box: SimulatedBox) -> None:
    """Down goes through it, and then to the next one."""
    box.log.add("long\n" + "\n".join(f"part {number}" for number in range(60)))
    box.log.add("after")
    async with reading(box) as pilot:
        await pilot.press("g")
        for _ in range(45):
            await pilot.press("j")
        await pilot.pause()

        assert "part 59" in screen_text(pilot)
        assert cursor_line(pilot).endswith("after")


@pytest.mark.parametrize(
    "message",
    [
        "\x1b]0;owned\x07\x1b[2Jx\x1b[31mred",
        "c1 \x9b2J\x90dcs\x9c end",
        "bidi \u202egnp.exe\u202c",
        "markup [/b] [link=x] [bold",
        "nul \x00 bell \x07 back \x08",
        "emoji 👩‍👩‍👧 é́́́ " + "\u0301" * 500,
        "\ud800 surrogate".encode("utf-8", "replace").decode(),
        "x" * 1_000_000,
        "字" * 1_000_000,
        "\n" * 100_000,
        "{" * 5000,
        "[" * 200_000,
    ],
    ids=lambda message: repr(message[:8]),
)
async def test_hostile_messages_are_text_only(box: SimulatedBox, message: str) -> None:
    """Whatever a model writes: nothing steers the terminal, nothing crashes, and the keys go on working."""
    box.log.add(message, project="asr", deployment="\x1b[2Jmodel", replica="[/b]\u202e")
    async with reading(box) as pilot:
        for key in ("p", "w", "w", "t", "j", "k", "g", "G", "E", "m"):
            await pilot.press(key)
        logs(pilot).set_filter("[x字\\n]+")
        await pilot.press("N")
        box.log.add("still here")
        await pilot.press("f", "G")
        await eventually(pilot, lambda: "still here" in screen_text(pilot))
        text = "".join(segment.text for y in range(22) for segment in log_view(pilot).render_line(y))

        assert not set(text) & {chr(code) for code in (*range(32), *range(127, 160), 0x202E, 0x202C)}


async def test_a_filter_of_fifty_thousand_records_lets_keys_through(box: SimulatedBox) -> None:
    """It looks through them in pieces; keys are answered between two of them."""
    ring = LogRing()
    view = LogView(ring)
    async with running(box) as pilot:
        await pilot.app.shell.query_one("#body").mount(view)
        from datetime import UTC, datetime

        from aana_tui.state.log_entries import LogEntry
        from aana_tui.state.log_filter import LogFilter

        now = datetime(2026, 1, 2, tzinfo=UTC)
        ring.append(LogEntry(now, f"line {number} of a log that is long") for number in range(50_000))
        worker = view.set_filter(LogFilter(ins=("9 of a",)))
        answered = 0
        while not worker.is_finished:
            await asyncio.sleep(0)
            answered += 1

        assert answered > 5
        assert 5000 == ring.shown_records


def cursor_line(pilot: Pilot[None]) -> str:
    return next((line for line in lines(pilot) if line.startswith("▸")), "")


def notices(pilot: Pilot[None]) -> str:
    return " ".join(notice.message for notice in pilot.app._notifications) + screen_text(pilot)


async def test_the_command_line_saves_the_log_that_is_seen(box: SimulatedBox, tmp_path: Path) -> None:
    """``:w`` means the log here, whatever it means in other views."""
    fill(box, 3)
    async with reading(box) as pilot:
        await pilot.press("colon", *f"w {tmp_path}/a.log", "enter")
        await eventually(pilot, lambda: (tmp_path / "a.log").exists() and logs(pilot).save is None)

        assert 3 == len((tmp_path / "a.log").read_text().splitlines())
