"""The line that ``:`` and ``/`` open above the footer; what is typed stays while the link is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType

KEPT = 100
"""Lines that up and down go back to."""


class CommandLine(Input):
    """Takes a command or a filter; escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "close", "Close"),
        ("tab", "complete", "Complete"),
        ("up", "recall(-1)", "Line before"),
        ("down", "recall(1)", "Line after"),
    ]

    class Entered(Message):
        """Enter was pressed."""

        def __init__(self, mode: str, text: str) -> None:
            super().__init__()
            self.mode = mode
            self.text = text

    class Typed(Message):
        """A filter is being typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """Nothing is typed any more."""

    def __init__(self) -> None:
        super().__init__(id="command-line", compact=True, select_on_focus=False)
        self.suggester = _Suggester(self._completions)
        self.mode = ":"
        self.display = False
        self._lines: dict[str, list[str]] = {":": [], "/": []}
        self._at = 0
        self._offered: list[str] = []
        """What tab goes through, while nothing else is typed."""

    def open(self, mode: str, text: str = "") -> None:
        """Begin to type a command (``:``) or a filter (``/``)."""
        self.mode = mode
        self.display = True
        self.placeholder = ": view, action, /filter, @daemon" if mode == ":" else "/ regex  !regex  ~fuzzy  key=value"
        self.value = text
        self.cursor_position = len(text)
        self._at = len(self._lines[mode])
        # At once: what is typed ahead belongs here, and `focus` would only come to it after that.
        self.screen.set_focus(self, scroll_visible=False)

    def action_close(self) -> None:
        """Close it."""
        self._leave()

    def action_complete(self) -> None:
        """Complete what is typed; again: what else it could be."""
        if self.value in self._offered:
            index = (self._offered.index(self.value) + 1) % len(self._offered)
        else:
            self._offered, index = self._completions(self.value), 0
        if self._offered:
            self.value = self._offered[index]
            self.cursor_position = len(self.value)

    def action_recall(self, step: int) -> None:
        """An earlier line, or a later one."""
        lines = self._lines[self.mode]
        self._at = max(0, min(len(lines), self._at + step))
        self.value = lines[self._at] if self._at < len(lines) else ""
        self.cursor_position = len(self.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand what was typed over."""
        event.stop()
        if not self.display:
            return
        text, lines = self.value, self._lines[self.mode]
        if text.strip() and text not in lines[-1:]:
            lines.append(text)
            del lines[:-KEPT]
        self._leave()
        self.post_message(self.Entered(self.mode, text))

    def _leave(self) -> None:
        self.display = False
        # At once, for the same reason as above.
        self.screen.set_focus(None)
        self.post_message(self.Closed())

    def on_input_changed(self, event: Input.Changed) -> None:
        """A filter works while it is typed."""
        event.stop()
        if self.mode == "/" and self.display:
            self.post_message(self.Typed(self.value))

    def _completions(self, text: str) -> list[str]:
        if self.mode != ":":
            return []
        from aana_tui.actions.commands import completions

        return completions(text, self.app.session.store)  # type: ignore[attr-defined]


class _Suggester(Suggester):
    """Shows, dim, what tab would make of it."""

    def __init__(self, completions: Callable[[str], list[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._completions = completions

    async def get_suggestion(self, value: str) -> str | None:
        """The first line that begins so."""
        return next(iter(self._completions(value)), None)
