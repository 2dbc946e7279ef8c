"""The view of gpus."""

from __future__ import annotations

from aana_tui.screens.view import View


class GpusView(View):
    """The view of gpus."""
