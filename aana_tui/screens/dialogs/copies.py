"""What of the selected thing is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from aana_tui.screens.dialogs.dialog import Dialog
from aana_tui.tones import style_of
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

_SEEN = 200
"""Characters of each text that are shown."""


class Copies(Dialog[str | None]):
    """Gives the text that is wanted.

    Args:
        copies: names and texts; the first nine have a digit.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,c", "cancel", "Cancel"),
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
        *((str(digit), f"choose({digit - 1})", "Copy") for digit in range(1, 10)),
    ]

    def __init__(self, copies: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._copies = copies

    def compose(self) -> ComposeResult:
        """A list."""
        with Vertical(classes="dialog"):
            yield Static("Copy what?", markup=False, classes="dialog-title")
            yield OptionList(*(_option(index, *copy) for index, copy in enumerate(self._copies)))

    def begin(self) -> None:
        """The list has the keys."""
        self.query_one(OptionList).focus()

    def action_cancel(self) -> None:
        """Copy nothing."""
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Down or up."""
        options = self.query_one(OptionList)
        (options.action_cursor_down if step > 0 else options.action_cursor_up)()

    def action_choose(self, index: int) -> None:
        """By its digit."""
        if index < len(self._copies):
            self.dismiss(self._copies[index][1])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """By the cursor."""
        event.stop()
        self.action_choose(event.option_index)


def _option(index: int, name: str, text: str) -> Option:
    shown = Text(
        f"{index + 1 if index < len('123456789') else ' '} {sanitise(name)}  ", no_wrap=True, overflow="ellipsis"
    )
    shown.append(sanitise(text[:_SEEN]), style=style_of("dim"))
    return Option(shown)
