"""Which daemon to look at: the saved ones, and a line for any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from aana_tui.screens.dialogs.dialog import Dialog
from aana_tui.tones import style_of
from aanad.client import resolve, sanitise
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class Contexts(Dialog[str | None]):
    """Gives the chosen context's name or URL.

    Args:
        here: the one that is looked at now.
        known: names and addresses to choose from.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel"), ("tab", "app.focus_next", "Next")]

    def __init__(self, here: str, known: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._here = here
        self._known = known

    def compose(self) -> ComposeResult:
        """A list and a line."""
        with Vertical(classes="dialog"):
            yield Static(f"You look at {sanitise(self._here)}. Which daemon now?", markup=False, classes="dialog-title")
            yield OptionList(*(_option(name, url) for name, url in self._known))
            yield Input(placeholder="or a name or URL: unix:///path, https://box, ssh://user@box", compact=True)
            yield Static("", markup=False, id="why-not")

    def begin(self) -> None:
        """The list has the keys."""
        self.query_one(OptionList).focus()

    def action_cancel(self) -> None:
        """Stay here."""
        self.dismiss(None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """One of the list."""
        event.stop()
        self._choose(event.option.id or "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Any other."""
        event.stop()
        self._choose(event.value.strip())

    def _choose(self, name: str) -> None:
        try:
            resolve(name)
        except AanaError as error:
            said = Text(sanitise(f"{error.message} {error.hint or ''}"), style=style_of("warn"))
            self.query_one("#why-not", Static).update(said)
        else:
            self.dismiss(name)


def known_contexts() -> list[tuple[str, str]]:
    """Names and addresses that can be chosen: this machine's own daemon, then the saved ones by name.

    Raises:
        InvalidInput: the file of saved contexts cannot be used.
    """
    from aanad.client.saved_contexts import LOCAL, read_contexts
    from aanad.locations import control_socket

    saved = [(name, context.url) for name, context in sorted(read_contexts().contexts.items())]
    return [(LOCAL, f"unix://{control_socket()}"), *saved]


def _option(name: str, url: str) -> Option:
    text = Text(sanitise(name))
    if url != name:
        text.append(f"  {sanitise(url)}", style=style_of("dim"))
    return Option(text, id=name)
