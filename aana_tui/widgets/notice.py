"""One line above the footer: what has just happened, and operations under way.

It is always there, so that nothing moves when it says something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from aana_tui.tones import style_of
from aanad.client import sanitise

if TYPE_CHECKING:
    from textual.timer import Timer

SHOWN_S = {"information": 6.0, "warning": 10.0, "error": 30.0}
_SIGNS = {"information": ("✓", "good"), "warning": ("!", "warn"), "error": ("✖", "bad")}


class Notice(Static):
    """A message for a while, else the progress of what was begun here."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="notice")
        self._message = ""
        self._severity = "information"
        self._progress = ""
        self._shown = ""
        self._timer: Timer | None = None

    def say(self, message: str, severity: str, seconds: float | None = None) -> None:
        """Say something that has happened."""
        self._message, self._severity = sanitise(message), severity
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds or SHOWN_S[severity], self.clear)
        self._paint()

    def clear(self) -> None:
        """It was said long enough."""
        self._message = ""
        self._paint()

    def progress(self, text: str) -> None:
        """What is under way; empty where nothing is."""
        if text != self._progress:
            self._progress = text
            self._paint()

    def _paint(self) -> None:
        if self._message:
            sign, tone = _SIGNS[self._severity]
            text = Text(f"{sign} {self._message}", style=style_of(tone))
        else:
            text = Text(f"◐ {sanitise(self._progress)}" if self._progress else "", style=style_of("busy"))
        text.no_wrap, text.overflow = True, "ellipsis"
        if text.plain != self._shown:
            self._shown = text.plain
            self.update(text, layout=False)
