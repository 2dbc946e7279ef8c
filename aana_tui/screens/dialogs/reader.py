"""A text over the whole screen: help, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.widgets import Input, Static

from aana_tui.screens.dialogs.dialog import Dialog
from aana_tui.widgets.pager import Pager
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aana_tui.app import Console
    from aana_tui.widgets.pager import Line

KEYS = "/ search  n N hits  j k g G move  c copy all  q close"


class Reader(Dialog[None]):
    """Closes by escape or q.

    Args:
        title: what it is.
        lines: harmless texts with their tones.
        copied: what `c` copies; the lines themselves where not given.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "close", "Close"),
        ("q", "close", "Close"),
        ("slash", "search", "Search"),
        ("c", "copy", "Copy"),
    ]

    def __init__(self, title: str, lines: Sequence[Line], *, copied: str | None = None) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._copied = copied if copied is not None else "\n".join(text for text, _ in lines)

    def compose(self) -> ComposeResult:
        """Title, text, and a line for keys or for what is sought."""
        with Vertical(classes="reader"):
            yield Static(sanitise(self._title), markup=False, classes="dialog-title")
            yield Pager(self._lines)
            yield Static(KEYS, markup=False, id="keys")
            yield Input(placeholder="search", compact=True)

    def begin(self) -> None:
        """Reading begins."""
        self.query_one(Input).display = False
        self.query_one(Pager).focus()

    def action_close(self) -> None:
        """End the search, or close."""
        if self.query_one(Input).display:
            self._end_search()
        else:
            self.dismiss(None)

    def action_search(self) -> None:
        """Type what is sought."""
        self._type(is_typed=True)
        self.query_one(Input).focus()

    def action_copy(self) -> None:
        """Copy all of it."""
        from aana_tui.clipboard import copy

        console: Console = self.app  # type: ignore[assignment]
        self.query_one("#keys", Static).update(copy(console, self._copied))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the first hit."""
        event.stop()
        is_there = self.query_one(Pager).seek(event.value)
        self.query_one("#keys", Static).update(KEYS if is_there else f"{sanitise(event.value)!r} is not there.")
        self._end_search()

    def _end_search(self) -> None:
        self._type(is_typed=False)
        self.query_one(Pager).focus()

    def _type(self, *, is_typed: bool) -> None:
        self.query_one(Input).display = is_typed
        self.query_one("#keys").display = not is_typed
