"""The line at the bottom: the keys that work here and now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from aana_tui.tones import style_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aana_tui.actions.action import Action

_KEYS = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "at": "@",
    "asterisk": "*",
    "comma": ",",
    "full_stop": ".",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "semicolon": ";",
}


def key_label(action: Action) -> str:
    """How the action's first key is written."""
    key = action.keys.partition(",")[0]
    return _KEYS.get(key, key)


class Footer(Static):
    """Keys and what they do; those that do not work now are dim."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="footer")
        self._shown: list[tuple[str, str, bool]] = []

    def show(self, actions: Iterable[tuple[Action, bool]]) -> None:
        """Name these; each with whether it works now."""
        shown = [(key_label(action), action.title.lower(), works) for action, works in actions]
        if shown == self._shown:
            return
        self._shown = shown
        line = Text(no_wrap=True, overflow="ellipsis")
        for key, title, works in shown:
            line.append(f" {key}", style=style_of("strong" if works else "dim"))
            line.append(f" {title} ", style=style_of("" if works else "dim"))
        self.update(line)
