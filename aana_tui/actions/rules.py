"""When an action can be done: the link, the role, what is selected, and what the view says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from aana_tui.actions.action import Action
    from aana_tui.app import Console

_ROLES = ("viewer", "operator", "admin")


def why_not(console: Console, action: Action, has_target: bool | None = None) -> str | None:
    """Why an action cannot be done now; None where it can.

    Args:
        console: where.
        action: what is to be done.
        has_target: whether what it applies to is known; looked for in the view where not given.
    """
    store, view = console.session.store, console.shell.view
    what = action.title.lower()
    if action.needs_link and not store.link.is_live:
        return f"aanad does not answer, so {what} has to wait."
    if action.changes and store.access is not None and not _covers(store.access.role, action.role):
        return f"Your role here is {store.access.role}; {what} needs {action.role}."
    if action.needs_target:
        if has_target is None:
            has_target = view is not None and bool(view.targets())
        if not has_target:
            return f"Nothing is selected to {what}."
    return view.hindrance(action) if view is not None else None


def takes_argument(action: Action, handler: Callable[..., object] | None) -> bool:
    """Whether something may follow the action's command: what does it must have a use for it."""
    if handler is None:
        return bool(action.argument)
    from inspect import signature

    return bool(signature(handler).parameters)


def _covers(role: str, needed: str) -> bool:
    return _ROLES.index(role) >= _ROLES.index(needed)
