"""All actions, and the bindings that are made of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from textual.binding import Binding

from aana_tui.actions import events, everywhere, gpus, logs, projects, requests, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.binding import BindingType

    from aana_tui.actions.action import Action, Scope
    from aana_tui.app import Console

ALL: tuple[Action, ...] = (
    *everywhere.ACTIONS,
    *tables.ACTIONS,
    *projects.ACTIONS,
    *gpus.ACTIONS,
    *logs.ACTIONS,
    *requests.ACTIONS,
    *events.ACTIONS,
)
BY_ID = {action.id: action for action in ALL}
COMMANDS = {action.command for action in ALL if action.command}
"""All words that actions have on the ``:`` line."""


def by_command(word: str, scopes: Iterable[Scope] = ()) -> Action | None:
    """The action of a word of the ``:`` line: of these scopes, else whichever has it; ``w`` writes what is seen."""
    here = set(scopes)
    found = [action for action in ALL if word and action.command == word]
    return next((action for action in found if action.scope in here), found[0] if found else None)


def of(*scopes: Scope) -> list[Action]:
    """The actions of these scopes, in the registry's order."""
    return [action for action in ALL if action.scope in scopes]


def bindings(*scopes: Scope) -> list[BindingType]:
    """Textual bindings of these scopes; each calls ``action_perform`` with the action's id."""
    return [
        Binding(action.keys, f"perform('{action.id}')", action.title, show=False, id=action.id)
        for action in of(*scopes)
        if action.keys
    ]


def code_of(action: Action) -> Callable[[Console, Action, str], None]:
    """What does an action where no view does it; imported when it is first done."""
    module, _, function = action.code.partition(":")
    found: Callable[[Console, Action, str], None] = getattr(import_module(f"aana_tui.actions.{module}"), function)
    return found
