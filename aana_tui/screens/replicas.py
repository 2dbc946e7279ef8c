"""The view of replicas."""

from __future__ import annotations

from aana_tui.screens.view import View


class ReplicasView(View):
    """The view of replicas."""
