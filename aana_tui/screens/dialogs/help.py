"""All that can be done and by which key: what works where one is comes first."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from aana_tui.actions.action import Scope, Tier
from aana_tui.actions.registry import of
from aana_tui.screens.dialogs.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aana_tui.actions.action import Action
    from aana_tui.app import Console
    from aana_tui.widgets.pager import Line

COLUMN = 24
"""Where the explanation begins."""
_DANGER = {Tier.FREE: "", Tier.ASK: "  (asks)", Tier.NAME: "  (asks for the name)"}
GRAMMAR: tuple[Line, ...] = (
    ("The : line", "strong"),
    ("  :replicas whisper /err @gpu2   a view, what it is narrowed to, a filter, another daemon", ""),
    ("  :stop whisper                  an action and what it applies to; tab completes, up recalls", ""),
    ("  :/err   :@gpu2                 only a filter; only another daemon", ""),
)


class Help(Reader):
    """The help.

    Args:
        lines: those of `help_lines`.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__("Help", lines)


def help_lines(console: Console) -> list[Line]:
    """Sections of keys; what a key means here goes before what it means elsewhere."""
    view = console.shell.view
    # What the view alone has comes before what all tables have.
    here = sorted(view.SCOPES, key=lambda scope: scope is Scope.TABLES) if view is not None else []
    taken: dict[str, Action] = {key: action for scope in here for action in of(scope) for key in _keys(console, action)}
    lines: list[Line] = []
    for scope in [*here, Scope.EVERYWHERE]:
        lines += [*_section(console, scope, f"Here: {scope}" if scope in here else "Everywhere", taken), ("", "")]
    lines += [*GRAMMAR, ("", "")]
    for scope in Scope:
        if scope not in here and scope is not Scope.EVERYWHERE:
            lines += [*_section(console, scope, f"Elsewhere: {scope}", {}), ("", "")]
    return lines


def _section(console: Console, scope: Scope, title: str, taken: dict[str, Action]) -> list[Line]:
    actions = of(scope)
    if not actions:
        return []
    lines: list[Line] = [(title, "strong")]
    for action in actions:
        keys = [key for key in _keys(console, action) if taken.get(key, action) is action]
        command = f":{action.command} {action.argument}".rstrip() if action.command else ""
        head = "  ".join(part for part in (" ".join(keys), command) if part) or "-"
        reason = console.why_not(action) if not title.startswith("Elsewhere") else None
        said = f"{action.help}{_DANGER[action.tier]}" + (f" Not now: {reason}" if reason else "")
        room = max(20, console.size.width - COLUMN - 6)
        for number, part in enumerate(wrap(said, room) if len(head) < COLUMN else ["", *wrap(said, room)]):
            lines.append((f"  {head if number == 0 else '':<{COLUMN}} {part}".rstrip(), "dim" if reason else ""))
    return lines


def _keys(console: Console, action: Action) -> list[str]:
    return console.keymap.keys(action)
