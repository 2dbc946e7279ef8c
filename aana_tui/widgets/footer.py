"""The line at the bottom: the keys that work here and now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from aana_tui.tones import style_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aana_tui.actions.action import Action


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
        for key, title, works in shown:
            line.append(f" {key}", style=style_of("strong" if works else "dim"))
            line.append(f" {title} ", style=style_of("" if works else "dim"))
        self.update(line, layout=False)
