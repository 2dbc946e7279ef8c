"""Copying: the sequence that a terminal gets, and what is said of it."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aana_tui.app import Console
from aana_tui.clipboard import MAX_ENCODED_BYTES, copy, osc52
from aana_tui.demo.session import demo_session


def test_a_bare_terminal_gets_the_bare_sequence() -> None:
    """OSC 52, in base64, ended by BEL."""
    encoded = base64.b64encode("grün".encode()).decode()

    assert osc52("grün", {}) == f"\x1b]52;c;{encoded}\x07"


def test_tmux_gets_it_for_itself_and_for_the_terminal_around_it() -> None:
    """Which of the two arrives is up to its `set-clipboard` and `allow-passthrough`."""
    sequence = osc52("a", {"TMUX": "/tmp/x"})

    assert sequence is not None
    assert sequence == "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\"


def test_screen_gets_it_in_pieces_that_it_takes() -> None:
    """None of its strings is longer than it allows."""
    sequence = osc52("a" * 1000, {"STY": "1.x"})

    assert sequence is not None
    pieces = sequence.split("\x1bP")[1:]
    assert max(map(len, pieces)) <= 256
    assert "".join(piece.removesuffix("\x1b\\") for piece in pieces) == osc52("a" * 1000, {})


def test_what_is_too_long_for_a_terminal_is_not_sent() -> None:
    """The cap is in encoded bytes."""
    fits = "a" * (MAX_ENCODED_BYTES // 4 * 3 - 3)

    assert osc52(fits, {}) is not None
    assert osc52(fits + "a" * 10, {}) is None


def test_a_file_is_private_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else works, or is wanted: a file that only its user can read."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("AANA_CLIPBOARD", "file")
    said = copy(Console(demo_session(pace=0)), "secret")
    file = tmp_path / "aana" / "console" / "copied.txt"

    assert str(file) in said
    assert file.read_text() == "secret"
    assert file.stat().st_mode & 0o777 == 0o600


def test_tmux_has_what_was_copied(tmp_path: Path) -> None:
    """A real tmux, told to take the clipboard, shows it as its buffer."""
    tmux = shutil.which("tmux")
    assert tmux, "tmux is needed: apt install tmux"
    name = f"aana-copy-{os.getpid()}"
    run = [tmux, "-L", name, "-f", "/dev/null"]

    def said(*words: str) -> str:
        return subprocess.run([*run, *words], capture_output=True, text=True, check=False).stdout

    def until(wanted: str, *words: str) -> None:
        end = time.monotonic() + 60
        while wanted not in said(*words):
            assert time.monotonic() < end, said("capture-pane", "-p")
            time.sleep(0.1)

    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    start = f"{sys.executable} -m aana_tui --demo"
    subprocess.run([*run, "new-session", "-d", "-x", "80", "-y", "24", start], check=True, env=environment)
    try:
        said("set", "-s", "set-clipboard", "on")
        until("whisper", "capture-pane", "-p")
        said("send-keys", "c")
        until("Copy what?", "capture-pane", "-p")
        said("send-keys", "1")
        until("asr", "show-buffer")
    finally:
        said("kill-server")
