"""The view of logs."""

from __future__ import annotations

from aana_tui.screens.view import View


class LogsView(View):
    """The view of logs."""
