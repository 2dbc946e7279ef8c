"""Which files are read, in which order their records come, and what is held meanwhile."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aanad.adapters.logs import cursors, session
from aanad.adapters.logs.session import Session
from aanad.core.records import LogQuery, LogSource
from aanad.errors import InvalidInput
from aanad.wire.logs import LogRecord
from aanad.wire.projects import Crash, CrashKind

SOURCE = LogSource("p", "m", None, "serve", "serve/replica_p_m_*.log")


def line(moment: float, message: str) -> str:
    """As Serve writes it."""
    return json.dumps({"timestamp_ns": int(moment * 1e9), "levelname": "INFO", "message": message}) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "serve").mkdir()
    return tmp_path


def log(folder: Path, replica: str) -> Path:
    return folder / "serve" / f"replica_p_m_{replica}.log"


def records(pieces: list[bytes]) -> list[LogRecord]:
    return [LogRecord.model_validate_json(each) for each in b"".join(pieces).splitlines()]


def open_session(folder: Path, *sources: LogSource, **query: object) -> tuple[Session, list[LogRecord]]:
    """A session and what it begins with."""
    found = Session(LogQuery(**query))  # type: ignore[arg-type]
    found.use(list(sources or (SOURCE,)), folder)
    return found, records(list(found.begin()))


def read(folder: Path, *sources: LogSource, **query: object) -> list[LogRecord]:
    """All records, without following."""
    reading, found = open_session(folder, *sources, **query)
    while True:
        found += records([reading.step()])
        if reading.is_over:
            break
    reading.close()
    return found


def until(reading: Session, wanted: int) -> list[str]:
    """The next messages of a follower."""
    found: list[str] = []
    deadline = time.monotonic() + 10
    while len(found) < wanted and time.monotonic() < deadline:
        found += [record.message for record in records([reading.step()])]
        time.sleep(0.02)
    return found


def test_a_file_with_a_backlog_does_not_let_others_run_ahead(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of several files come in the order of time, however different their sizes; and little is held."""
    monkeypatch.setattr(session, "BUDGET", 4 * 32_768)
    monkeypatch.setattr(session, "MAX_READ", 16_384)
    with log(folder, "a").open("w") as a, log(folder, "b").open("w") as b, log(folder, "c").open("w") as c:
        for number in range(20_000):
            file = c if number % 5_000 == 0 else b if number < 10_000 else a
            file.write(line(1000 + number, f"m{number}"))

    reading, _ = open_session(folder)
    found: list[str] = []
    held = 0
    while not reading.is_over or not found:
        found += [record.message for record in records([reading.step()])]
        held = max(held, sum(len(feed.queue) for feed in reading._feeds.values()))
    reading.close()

    assert found == [f"m{number}" for number in range(20_000)]
    assert held < 2_000


def test_rotated_files_are_read_in_order(folder: Path) -> None:
    """Python's and Ray's ways to name them; the whole log begins with the oldest."""
    path = log(folder, "a")
    path.with_name(path.name + ".2").write_text(line(1, "one"))
    path.with_name(path.name + ".1").write_text(line(2, "two"))
    path.write_text(line(3, "three"))
    (folder / "worker-w-1-2.1.err").write_text("old error\n")
    (folder / "worker-w-1-2.err").write_text("new error\n")
    os.utime(folder / "worker-w-1-2.1.err", (4, 4))
    os.utime(folder / "worker-w-1-2.err", (5, 5))
    stderr = LogSource("p", "m", "a", "stderr", "worker-w-*.err")

    wanted = ["one", "two", "three", "old error", "new error"]
    assert [record.message for record in read(folder, SOURCE, stderr)] == wanted
    assert [record.message for record in read(folder, SOURCE, stderr, tail=4)] == wanted[1:]
    assert {record.replica for record in read(folder, SOURCE, stderr)} == {"a"}


def test_a_file_that_is_written_anew_is_read_from_its_start(folder: Path) -> None:
    """Cut to nothing and written again, also where it is longer than before by the time somebody looks."""
    path = log(folder, "a")
    path.write_text(line(1, "one"))
    reading, _ = open_session(folder, follow=True, tail=0)
    path.write_text(line(2, "a longer line"))
    assert until(reading, 1) == ["a longer line"]
    path.write_text(line(3, "x"))
    assert until(reading, 1) == ["x"]
    reading.close()


def test_a_removed_file_is_let_go(folder: Path) -> None:
    """What was in it is still given; its descriptor is closed."""
    path = log(folder, "a")
    path.write_text(line(1, "one"))
    reading, _ = open_session(folder, follow=True, tail=0)
    with path.open("a") as file:
        file.write(line(2, "two"))
    reading.step()
    with path.open("a") as file:
        file.write(line(3, "three"))
        path.unlink()
    assert until(reading, 2)[-1:] == ["three"]
    for _ in range(50):
        reading.step()
        if not reading._feeds:
            break
        time.sleep(0.05)
    assert reading._feeds == {}
    reading.close()


def test_a_file_named_by_its_path(folder: Path, tmp_path: Path) -> None:
    """The daemon's and the unit's own logs; one that is not there is no error."""
    path = tmp_path / "elsewhere" / "aanad.log"
    missing = LogSource(None, None, None, "ray", "", path=str(tmp_path / "none" / "ray.log"))
    source = LogSource(None, None, None, "daemon", "", path=str(path))
    assert read(folder, missing, source) == []
    path.parent.mkdir()
    text = {"time": "2026-01-02T03:04:05+00:00", "level": "warning", "logger": "aanad", "message": "hm"}
    path.write_text(json.dumps({**text, "exception": "Traceback\nValueError: x"}) + "\n")

    [record] = read(folder, missing, source)

    assert (record.source, record.level, record.message) == ("daemon", "warning", "hm\nTraceback\nValueError: x")
    assert record.time.isoformat() == "2026-01-02T03:04:05+00:00"


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    """A replica's user cannot make the daemon show a file that only the daemon may read."""
    (tmp_path / "secret").write_text("secret\n")
    log(folder, "a").symlink_to(tmp_path / "secret")

    assert read(folder) == []


def test_since_finds_its_place_in_a_large_file(folder: Path) -> None:
    """Without reading all that lies before it."""
    now = time.time()
    with log(folder, "a").open("w") as file:
        for number in range(60_000):
            file.write(line(now - 60_000 + number, f"m{number} {'x' * 80}"))
    since = datetime.fromtimestamp(now - 10.5, UTC)
    reading, _ = open_session(folder, since=since)
    [feed] = reading._feeds.values()
    assert feed.offset > feed.file.size - 2_000_000
    reading.close()
    wanted = [f"m{number}" for number in range(59_990, 60_000)]
    assert [record.message.split()[0] for record in read(folder, since=since)] == wanted
    assert [record.message.split()[0] for record in read(folder, since=since, tail=100)] == wanted


def test_a_crash_is_told_where_the_replicas_files_are_gone(folder: Path) -> None:
    """In its place in time, and once: not to who has read it, and not where the files themselves can be read."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    crash = Crash(
        deployment="m", replica="gone", node="n", pid=4, at=at, kind=CrashKind.SIGNAL, message="It was ended.",
        lines=["the last", "words"],
    )  # fmt: skip
    source = LogSource("p", "m", "gone", "crash", "serve/replica_p_m_gone.log", crash=crash)
    log(folder, "a").write_text(line(at.timestamp() - 1, "before") + line(at.timestamp() + 1, "after"))

    for tail in (None, 10):
        before, record, after = read(folder, SOURCE, source, tail=tail)
        assert (before.message, after.message) == ("before", "after")
        assert (record.source, record.level, record.replica, record.time) == ("crash", "error", "gone", at)
        assert record.message.splitlines() == ["It was ended.", "    the last", "    words"]
    reading, _ = open_session(folder, SOURCE, source, tail=10)
    cursor = json.loads(reading.cursor())["cursor"]
    reading.close()
    assert read(folder, SOURCE, source, cursor=cursor) == []

    log(folder, "gone").write_text(line(at.timestamp(), "its own words"))
    assert [record.message for record in read(folder, SOURCE, source)] == ["before", "its own words", "after"]


@settings(max_examples=60, deadline=None)
@given(
    files=st.lists(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["word", "Error: x", "  in"])), max_size=40),
                   min_size=1, max_size=3),
    tail=st.integers(0, 60),
)  # fmt: skip
def test_the_tail_is_the_end_of_the_whole(
    files: list[list[tuple[int, str]]], tail: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same records under the same positions, however many are asked for."""
    folder = tmp_path_factory.mktemp("tail")
    (folder / "serve").mkdir()
    for number, lines in enumerate(files):
        moments = sorted(moment for moment, _ in lines)
        text = "".join(
            line(1000 + moment + number / 10, word) for moment, (_, word) in zip(moments, lines, strict=True)
        )
        log(folder, f"r{number}").write_text(text)
    from unittest.mock import patch

    with patch("aanad.adapters.logs.backwards.FIRST_BLOCK", 300), patch("aanad.adapters.logs.backwards.MAX_BLOCK", 900):
        last = read(folder, tail=tail)
    whole = read(folder)

    assert sorted(r.time for r in last) == [r.time for r in last]
    assert [r.time for r in last] == [r.time for r in whole][len(whole) - min(tail, len(whole)) :]
    assert {r.position for r in last} <= {r.position for r in whole}
    assert len({r.position for r in last}) == len(last)


@given(st.dictionaries(st.binary(min_size=6, max_size=6), st.integers(0, 2**62), max_size=50))
def test_a_cursor_is_read_as_it_was_written(offsets: dict[bytes, int]) -> None:
    """Printable, without spaces; the same again."""
    text = cursors.encode(offsets)

    assert cursors.decode(text) == offsets
    assert text.isascii()
    assert " " not in text


@given(st.text(max_size=60))
def test_anything_else_is_no_cursor(text: str) -> None:
    """One sentence and a code, whatever was sent."""
    with pytest.raises(InvalidInput) as refused:
        cursors.decode(text)
    assert refused.value.code == "invalid_cursor"
