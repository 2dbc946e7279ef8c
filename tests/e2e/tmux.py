"""A program in a real terminal: tmux on a server of its own, with keys sent and the screen read."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.e2e.box import eventually


class Tmux:
    """One program on a screen; gone with its server when left.

    Args:
        command: the program and its arguments.
        environment: all of its environment.
        columns: of the screen.
        rows: of the screen.
        folder: what it runs in.
    """

    def __init__(
        self, command: Sequence[str | Path], *, environment: Mapping[str, str], columns: int, rows: int, folder: Path
    ) -> None:
        self._socket = f"aana-{uuid.uuid4().hex[:12]}"
        self._command = [str(word) for word in command]
        self._environment = {**environment, "TERM": "xterm-256color"}
        self._size = ["-x", str(columns), "-y", str(rows)]
        self._folder = folder

    def __enter__(self) -> Self:
        # The shell stays when the program has ended, and shows what it left on the screen.
        self._tmux("new-session", "-d", *self._size, "-c", str(self._folder), "sh")
        self._tmux("set-option", "-g", "status", "off")
        self._tmux("resize-window", *self._size)
        self.type("exec 2>&1; PS1='shell> '; clear; " + " ".join(f"'{word}'" for word in self._command))
        self.keys("Enter")
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names: ``Enter``, ``Escape``, ``C-d``, ``x``."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        """What stands on the screen."""
        return self._tmux("capture-pane", "-p")

    def until(self, *texts: str, without: str | None = None, within: float = 30) -> str:
        """Wait until all of these stand on the screen, and one does not; gives the screen."""
        return self.until_it(
            lambda screen: all(text in screen for text in texts) and (without is None or without not in screen),
            within=within,
            what=f"{texts} without {without!r}",
        )

    def until_it(self, is_so: Callable[[str], bool], *, within: float = 30, what: str = "") -> str:
        """Wait until the screen is so; a failure shows it."""
        try:
            return eventually(self.screen, is_so, within=within, every=0.1)
        except AssertionError:
            raise AssertionError(f"not within {within} s: {what}; the screen:\n{self.screen()}") from None

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, "-f", "/dev/null", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return done.stdout
