"""One line that is asked for: new numbers of replicas, a file's name, an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Vertical
from textual.widgets import Input, Static

from aana_tui.screens.dialogs.dialog import Dialog
from aana_tui.tones import style_of
from aanad.client import sanitise
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType


class Ask(Dialog[str | None]):
    """Gives what was typed; None where it was cancelled.

    Args:
        title: what is asked.
        help_text: how an answer looks.
        text: what stands there at first.
        check: raises `AanaError` where the answer cannot be used; it is said, and the line stays open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel")]

    def __init__(
        self, title: str, help_text: str, *, text: str = "", check: Callable[[str], object] = lambda _: None
    ) -> None:
        super().__init__()
        self._title = title
        self._help = help_text
        self._text = text
        self._check = check

    def compose(self) -> ComposeResult:
        """Title, help, line."""
        with Vertical(classes="dialog"):
            yield Static(sanitise(self._title), markup=False, classes="dialog-title")
            yield Static(sanitise(self._help, lines=True), markup=False)
            yield Input(self._text, compact=True, select_on_focus=False)
            yield Static("", markup=False, id="why-not")

    def begin(self) -> None:
        """Typing begins."""
        self.query_one(Input).focus()

    def action_cancel(self) -> None:
        """Nothing is done."""
        self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give it, where it can be used."""
        event.stop()
        try:
            self._check(event.value)
        except AanaError as error:
            said = Text(sanitise(f"{error.message} {error.hint or ''}"), style=style_of("warn"))
            self.query_one("#why-not", Static).update(said)
        else:
            self.dismiss(event.value)
