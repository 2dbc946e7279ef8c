"""The log files of the daemon and of the Ray unit."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aanad.log_output import GROUP_READS, PRIVATE, LogFile


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.Logger("aanad.test")  # noqa: LOG001 - one of its own
    yield logger
    for handler in logger.handlers:
        handler.close()


def test_a_line_is_a_record(log: logging.Logger, tmp_path: Path) -> None:
    """Time in UTC with milliseconds, level, logger and message; a traceback stays in its record."""
    log.addHandler(LogFile(tmp_path / "logs" / "aanad.log", mode=PRIVATE, max_bytes=10_000, kept=1))
    before = datetime.now(UTC)

    log.info("one\ntwo %s", "три")
    try:
        int("no")
    except ValueError:
        log.exception("it failed")

    first, second = lines(tmp_path / "logs" / "aanad.log")
    assert first.pop("time").endswith("Z")
    assert first == {"level": "info", "logger": "aanad.test", "message": "one\ntwo три"}
    time = second["time"]
    assert len(time) == len("2026-01-01T00:00:00.000Z")
    assert abs((datetime.fromisoformat(time) - before).total_seconds()) < 60
    assert second["exception"].startswith("Traceback")
    assert second["exception"].endswith("'no'")


@pytest.mark.parametrize(("mode", "folder"), [(PRIVATE, 0o700), (GROUP_READS, 0o750)])
def test_nobody_else_reads_it(log: logging.Logger, tmp_path: Path, mode: int, folder: int) -> None:
    """The file is its owner's alone, or its group's to read; what an older file allowed is taken back."""
    path = tmp_path / "logs" / "x.log"
    log.addHandler(LogFile(path, mode=mode, max_bytes=10_000, kept=1))
    log.warning("x")

    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (mode, folder)

    path.chmod(0o666)
    log.handlers[0].close()
    log.warning("x")

    assert path.stat().st_mode & 0o777 == mode


def test_it_stays_bounded(log: logging.Logger, tmp_path: Path) -> None:
    """A file of its greatest size is set aside, so many are kept, and no record is cut."""
    path = tmp_path / "logs" / "x.log"
    log.addHandler(LogFile(path, mode=PRIVATE, max_bytes=4_000, kept=2))

    for number in range(200):
        log.warning("record %04d", number)

    files = [path.with_name("x.log.2"), path.with_name("x.log.1"), path]
    assert sorted(files) == sorted(path.parent.iterdir())
    assert all(file.stat().st_size <= 4_000 for file in files)
    numbers = [int(line["message"].split()[1]) for file in files for line in lines(file)]
    assert numbers == list(range(numbers[0], 200))


def test_a_folder_that_cannot_be_used_is_said_once(
    log: logging.Logger, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be written is counted; once it can be, the log goes on and the number is said."""
    path = tmp_path / "logs" / "x.log"
    path.parent.symlink_to(tmp_path)
    log.addHandler(LogFile(path, mode=PRIVATE, max_bytes=10_000, kept=1))

    log.warning("lost")
    log.warning("lost too")
    path.parent.unlink()
    log.warning("kept")

    assert [line["message"] for line in lines(path)] == ["kept"]
    said = [record.getMessage().split()[0] for record in caplog.records]
    assert said == ["log_file.not_written", "log_file.written_again"]
    assert caplog.records[-1].getMessage().endswith("lost=2")
    assert capsys.readouterr().err == ""


FULL_DISK = """
import logging, resource, sys
from pathlib import Path
from aanad import log_output
from aanad.settings import LogSettings

log_output.to_standard_error(LogSettings())
log_output.to_file(Path(sys.argv[1]), LogSettings(), mode=0o600)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (150, hard))
for number in range(5):
    logging.warning("record %d", number)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
logging.warning("there is room again")
"""


def test_a_full_disk_costs_records_only(tmp_path: Path) -> None:
    """Where no more bytes are taken the program goes on without a traceback; later records are whole lines again."""
    path = tmp_path / "logs" / "x.log"

    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, timeout=30, check=True
    )

    assert "Traceback" not in done.stderr
    assert done.stderr.count("log_file.not_written") == 1
    texts = path.read_text().splitlines()
    assert [json.loads(text)["message"].split(" path=")[0] for text in (texts[0], *texts[2:])] == [
        "record 0",
        "there is room again",
        "log_file.written_again",
    ]
    assert texts[-1].endswith('lost=4"}')
    assert len(texts[1]) == 150 - len(texts[0]) - 1  # what the disk still took
