"""The line at the bottom: the keys that work here and now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from aana_tui.tones import style_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aana_tui.actions.action import Action


LAST = 3
"""Help, command and filter."""


class Footer(Static):
    """Keys and what they do; those that do not work now are dim."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="footer")
        self._shown: list[tuple[str, str, bool]] = []

    def show(self, actions: Iterable[tuple[str, Action, bool]]) -> None:
        """Name these; each with its key and whether it works now."""
        shown = [(key, action.title.lower(), works) for key, action, works in actions]
        if shown == self._shown:
            return
        self._shown = shown
        line = Text(no_wrap=True, overflow="ellipsis")
        for key, title, works in _fitting(shown, self.size.width):
            line.append(f" {key}", style=style_of("strong" if works else "dim"))
            line.append(f" {title} ", style=style_of("" if works else "dim"))
        self.update(line, layout=False)

    def on_resize(self) -> None:
        """Another width takes other keys."""
        self._shown = []


def _fitting(shown: list[tuple[str, str, bool]], width: int) -> list[tuple[str, str, bool]]:
    """As many as there is room for; the last ones, which lead to all others, are always among them."""
    shown = list(shown)
    while len(shown) > LAST and sum(len(key) + len(title) + 3 for key, title, _ in shown) > width:
        del shown[-LAST - 1]
    return shown
