"""The view of events."""

from __future__ import annotations

from aana_tui.screens.view import View


class EventsView(View):
    """The view of events."""
