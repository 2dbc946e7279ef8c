"""The view of project."""

from __future__ import annotations

from aana_tui.screens.view import View


class ProjectView(View):
    """The view of project."""
