"""One file a view. Each is imported when it is first seen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aana_tui.screens.view import View

VIEWS = {
    "projects": "projects:ProjectsView",
    "project": "project:ProjectView",
    "replicas": "replicas:ReplicasView",
    "gpus": "gpus:GpusView",
    "logs": "logs:LogsView",
    "requests": "requests:RequestsView",
    "events": "events:EventsView",
}
"""The views by name: the words of the ``:`` line and of the breadcrumbs."""


def view_class(name: str) -> type[View]:
    """The class of a view."""
    module, _, kind = VIEWS[name].partition(":")
    found: type[View] = getattr(import_module(f"{__name__}.{module}"), kind)
    return found
