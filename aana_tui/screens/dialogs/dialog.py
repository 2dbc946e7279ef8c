"""What all dialogs have in common."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """Asks or shows something, until it is left."""

    def on_mount(self) -> None:
        """Begin; the key that leaves it may have come with the one that opened it, and then there is nothing left."""
        if self.is_current and self.children:
            self.begin()

    def begin(self) -> None:
        """Its parts are there: what has to be done first."""
