"""Actions of the view of events."""

from __future__ import annotations

from aana_tui.actions.action import Action, Scope

ACTIONS = (
    Action("events.follow", "Follow", "Follow the newest event, or stay where the cursor is.", Scope.EVENTS, "f"),
)
