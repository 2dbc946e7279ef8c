"""``aana logs``: what it asks for, what it prints, and what it leaves in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aanad.wire.logs import LogCursor, LogRecord
from tests.client.fake_daemon import NOW

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon


def answer(*parts: LogRecord | LogCursor) -> bytes:
    """A stream as the daemon sends it."""
    return b"".join(part.model_dump_json().encode() + b"\n" for part in parts)


def record(end: int, **changes: object) -> LogRecord:
    """A record of a replica."""
    values = {"time": NOW, "project": "asr", "source": "stderr", "message": f"m{end}", "position": f"f:{end}"}
    return LogRecord.model_validate(values | changes)


def test_all_that_can_be_asked_for(run: Run, daemon: FakeDaemon) -> None:
    """Each filter travels to the daemon, which applies it."""
    daemon.on("GET /v1/logs", answer(record(1, by_arrival=True)))

    result = run(
        "logs", "asr", "tts", "--tail", "all", "--since", "10m", "--until", "1m", "--level", "error", "--grep", "a.b",
        "--deployment", "model", "--replica", "3a", "--source", "stderr", "--source", "crash",
    )  # fmt: skip

    assert (result.exit_code, result.stdout) == (0, "~2026-01-02T03:04:05.000Z asr - m1\n")
    assert daemon.seen() == [
        (
            "GET /v1/logs?project=asr&project=tts&deployment=model&replica=3a&source=stderr&source=crash"
            "&tail=all&follow=false&since=10m&until=1m&level=error&grep=a.b"
        )
    ]


def test_a_cursor_file_goes_from_run_to_run(run: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    """The first run makes it; each run begins after the one before, also where the stream broke off."""
    file = tmp_path / "cursor"
    daemon.on("GET /v1/logs", answer(record(1), LogCursor(cursor="c1")))
    daemon.on("GET /v1/logs", answer(record(2), LogCursor(cursor="c2"), record(3)))
    daemon.on("GET /v1/logs", answer(record(3), record(4), LogCursor(cursor="c4")))

    for wanted in (["m1"], ["m2", "m3"], ["m4"]):
        result = run("logs", "asr", "--cursor-file", str(file), "-o", "json")
        assert [json.loads(line)["message"] for line in result.stdout.splitlines()] == wanted

    assert [path.name for path in tmp_path.iterdir()] == ["cursor"]
    assert file.read_text() == "c4\n"
    assert ["cursor=" in seen for seen in daemon.seen()] == [False, True, True]


def test_a_cursor_that_the_daemon_does_not_know_stays_where_it_is(run: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    """The error is told with the file that it is about, and nothing of the file is lost."""
    file = tmp_path / "cursor"
    file.write_text("what is this\n")
    daemon.refuse("GET /v1/logs", 422, "invalid_cursor", "This is no cursor of a log.", "Take another one.")

    result = run("logs", "--cursor-file", str(file))

    assert (result.exit_code, file.read_text()) == (2, "what is this\n")
    assert result.stderr.startswith(f"error: This is no cursor of a log.\nhint: Remove {file} to begin anew")


def test_a_saved_log_is_whole_or_not_there(run: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    """All records, without colours; where the daemon breaks off, no file and no part of one stays."""
    daemon.on("GET /v1/logs", answer(record(1), record(2, message="two\nlines")))
    daemon.refuse("GET /v1/logs", 503, "store_unavailable", "The database cannot be read.")

    assert run("logs", "--save", str(tmp_path / "all.log")).exit_code == 0
    text = (tmp_path / "all.log").read_text()
    assert text == "2026-01-02T03:04:05.000Z asr - m1\n2026-01-02T03:04:05.000Z asr - two\n    lines\n"
    assert "tail=all" in daemon.seen()[0]
    assert run("logs", "--save", str(tmp_path / "none.log")).exit_code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["all.log"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--save", "x.log", "--follow"], 2, "--save writes what is there"),
        (["--tail", "some"], 2, "'some' is not a valid"),
        (["--save", "/nowhere/x.log"], 1, "error: /nowhere/x.log cannot be written"),
        (["--cursor-file", "/nowhere/c"], 1, "error: /nowhere/c cannot be written"),
        (["--save", "/nowhere/x.log", "-o", "json"], 1, '"code": "file_unusable"'),
    ],
)
def test_what_does_not_work_is_said(run: Run, daemon: FakeDaemon, arguments: list[str], status: int, said: str) -> None:
    """One sentence, and no traceback."""
    daemon.on("GET /v1/logs", answer(record(1), LogCursor(cursor="c1")))

    result = run("logs", *arguments)

    assert result.exit_code == status
    assert said in result.stderr
    assert "Traceback" not in result.output
