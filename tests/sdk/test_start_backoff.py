"""A replica that crashes again and again waits before it starts; nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aanad.sdk.start_backoff import WINDOW_S, Starts, delay_s

PROGRAM = """
import sys
from pathlib import Path
from aanad.sdk.start_backoff import Starts

starts = Starts(Path(sys.argv[1]), sys.argv[2], settled_s=float(sys.argv[3]))
print(starts.crashes(), flush=True)
starts.begin()
print("begun", flush=True)
sys.stdin.readline()
"""


class Start:
    """A process in which a replica's code began."""

    def __init__(self, folder: Path, name: str = "asr#whisper", *, settled_s: float = 60) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, folder, name, str(settled_s)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.crashes_before = int(self.process.stdout.readline())
        assert self.process.stdout.readline() == "begun\n"

    def crash(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.communicate()

    def end(self) -> None:
        """In order."""
        self.process.communicate("\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A node's folder of starts."""
    made = tmp_path / "starts"
    made.mkdir()
    return made


def test_the_wait_grows_to_a_minute() -> None:
    """The first two crashes cost nothing, so that a single accident is over at once."""
    assert [delay_s(crashes) for crashes in range(11)] == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert delay_s(10_000) == 60


def test_only_crashes_of_the_same_code_count(folder: Path) -> None:
    """Another deployment, another archive and an operator's restart begin anew; living replicas are no crash."""
    living = Start(folder)
    for _ in range(2):
        Start(folder).crash()

    same, other = Start(folder), Start(folder, "asr#whisper#restarted")

    assert (same.crashes_before, other.crashes_before) == (2, 0)
    for each in (living, same, other):
        each.end()


def test_an_orderly_end_is_no_crash(folder: Path) -> None:
    """Its file goes with it."""
    Start(folder).end()

    assert list(folder.iterdir()) == []


def test_a_start_that_has_settled_is_no_crash(folder: Path) -> None:
    """However it ends later."""
    start = Start(folder, settled_s=0.05)
    deadline = time.monotonic() + 10
    while list(folder.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    start.crash()

    assert Starts(folder, "asr#whisper").crashes() == 0


def test_old_crashes_are_forgotten(folder: Path) -> None:
    """Ten minutes later they say nothing of the next start, and their files go, whosever they are."""
    Start(folder).crash()
    Start(folder, "tts#voice").crash()
    for path in folder.iterdir():
        os.utime(path, (0, time.time() - WINDOW_S - 1))

    assert Starts(folder, "asr#whisper").crashes() == 0
    assert list(folder.iterdir()) == []


def test_a_pid_that_is_used_again_is_another_process(folder: Path) -> None:
    """A crash is seen though its pid lives."""
    (folder / f"asr#whisper@{os.getpid()}-1").touch()

    assert Starts(folder, "asr#whisper").crashes() == 1


def test_a_folder_that_is_not_there_is_no_reason_to_fail(tmp_path: Path) -> None:
    """Then nothing waits and nothing is noted."""
    starts = Starts(tmp_path / "none", "asr#whisper")
    starts.begin()

    assert starts.crashes() == 0
    starts.settle()


def test_signals_of_every_kind_are_crashes(folder: Path) -> None:
    """What the process did not see coming."""
    for number in (signal.SIGSEGV, signal.SIGABRT):
        start = Start(folder)
        start.process.send_signal(number)
        start.process.communicate()

    assert Starts(folder, "asr#whisper").crashes() == 2
