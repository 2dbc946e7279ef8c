"""Actions of the view of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aana_tui.actions.action import Action

ACTIONS: tuple[Action, ...] = ()
