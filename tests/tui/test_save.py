"""Saving a log to a file."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.transport import SimulatedTransport
from aana_tui.state.log_entries import KEPT_CHARS, LogEntry
from aana_tui.state.log_feed import LogQuery
from aana_tui.state.log_save import LogSave, whole_log
from aanad.client import Client

ENTRIES = [LogEntry(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), f"line {number}", "info") for number in range(3)]
LINES = [f"2026-01-02T03:04:05.000Z  info line {number}" for number in range(3)]


def saved(path: Path, entries: Iterable[LogEntry] = ENTRIES, *, replaces: bool = False) -> LogSave:
    save = LogSave(path, lambda: entries, replaces=replaces)
    save.begin()
    save.wait(10)
    assert save.is_done
    return save


def test_a_log_is_saved_as_lines_that_only_its_owner_reads(tmp_path: Path) -> None:
    """Nothing else stays behind."""
    save = saved(tmp_path / "a.log")

    assert f"Saved 3 records, 0.0 MB to {tmp_path / 'a.log'}." == save.words()
    assert LINES == (tmp_path / "a.log").read_text().splitlines()
    assert 0o600 == stat.S_IMODE((tmp_path / "a.log").stat().st_mode)
    assert [tmp_path / "a.log"] == list(tmp_path.iterdir())


def test_the_whole_log_comes_from_the_daemon(tmp_path: Path) -> None:
    """Also what the console has long let go, every message whole, and only of what is looked at."""
    box = SimulatedBox()
    box.log.clear()
    for number in range(5000):
        box.log.add(f"line {number}", project="asr", deployment="model", replica="r1")
    box.log.add("x" * (KEPT_CHARS + 100), project="asr", deployment="model", replica="r1")
    box.log.add("another's", project="whisper", deployment="model", replica="r2")
    query = LogQuery(projects=("asr",), tail=10, since="1m", grep="nothing", limit=3)

    def connect() -> Client:
        return Client("unix:///demo", transport=SimulatedTransport(box))

    save = saved(tmp_path / "a.log", whole_log(connect, query))

    written = (tmp_path / "a.log").read_text().splitlines()
    assert (5001, 5001) == (save.records, len(written))
    assert written[0].endswith("asr/model#r1 info line 0")
    assert written[-1].endswith(" " + "x" * (KEPT_CHARS + 100))


def test_records_are_saved_where_the_name_says_so(tmp_path: Path) -> None:
    """One JSON object a line."""
    import json

    saved(tmp_path / "a.jsonl")

    records = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert ["line 0", "line 1", "line 2"] == [record["message"] for record in records]


def test_a_file_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    """And the way to ask is told."""
    path = tmp_path / "a.log"
    path.write_text("mine")
    refused = saved(path)
    kept = path.read_text()
    saved(path, replaces=True)

    assert f"{path} is there already. `:w! {path}` replaces it." == refused.words()
    assert "mine" == kept
    assert LINES == path.read_text().splitlines()


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """However late it comes."""
    path = tmp_path / "a.log"

    def entries() -> Iterator[LogEntry]:
        yield from ENTRIES
        path.write_text("another's")

    save = saved(path, entries())

    assert "is there already" in save.words()
    assert ("another's", [path]) == (path.read_text(), list(tmp_path.iterdir()))


@pytest.mark.parametrize(
    ("code", "said"), [(errno.ENOSPC, "No space left on device"), (errno.EACCES, "Permission denied")]
)
def test_what_the_disk_says_is_one_sentence(tmp_path: Path, code: int, said: str) -> None:
    """Nothing is left of the attempt, and the file that was there is as it was."""
    (tmp_path / "a.log").write_text("mine")

    def entries() -> Iterator[LogEntry]:
        yield ENTRIES[0]
        raise OSError(code, os.strerror(code))

    save = saved(tmp_path / "a.log", entries(), replaces=True)

    hint = "Name another file, or mend its folder, its rights or its disk."
    expected = f"{tmp_path / 'a.log'} cannot be written: {said}. {hint}"
    assert expected == save.words()
    assert [tmp_path / "a.log"] == list(tmp_path.iterdir())
    assert "mine" == (tmp_path / "a.log").read_text()


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    """No folder is made unasked; and a folder is no file."""
    assert "cannot be written: No such file or directory" in saved(tmp_path / "no" / "a.log").words()
    assert f"{tmp_path} is a folder." in saved(tmp_path).words()


def test_a_cut_link_leaves_no_half_file(tmp_path: Path) -> None:
    """What the client raises is what is said."""
    box = SimulatedBox()
    box.link_down()
    save = saved(
        tmp_path / "a.log",
        whole_log(lambda: Client("unix:///demo", transport=SimulatedTransport(box)), LogQuery()),
    )

    assert save.error is not None
    assert "daemon_unavailable" == save.error.code
    assert [] == list(tmp_path.iterdir())


def test_saving_can_be_stopped(tmp_path: Path) -> None:
    """Nothing stays behind."""

    def entries() -> Iterator[LogEntry]:
        while True:
            yield ENTRIES[0]

    save = LogSave(tmp_path / "a.log", entries)
    save.begin()
    end = time.monotonic() + 10
    while not save.records and time.monotonic() < end:
        time.sleep(0.005)
    save.cancel()
    save.wait(10)

    assert "The log was not saved: it was cancelled." == save.words()
    assert [] == list(tmp_path.iterdir())


def test_hostile_lines_are_harmless_in_the_file(tmp_path: Path) -> None:
    """Whoever reads it by `cat` is as safe as in the console."""
    box = SimulatedBox()
    box.log.clear()
    box.log.add("\x1b]0;owned\x07\x1b[2J\u202e end \udcff".encode("utf-8", "replace").decode())
    saved(
        tmp_path / "a.log",
        whole_log(lambda: Client("unix:///demo", transport=SimulatedTransport(box)), LogQuery()),
    )

    text = (tmp_path / "a.log").read_text()
    assert text.rstrip().endswith(" end ?")
    assert "\x1b" not in text
