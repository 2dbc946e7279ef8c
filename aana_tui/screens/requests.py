"""The view of requests."""

from __future__ import annotations

from aana_tui.screens.view import View


class RequestsView(View):
    """The view of requests."""
