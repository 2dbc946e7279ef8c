"""The simulated projects as they are read: list, detail, replicas, revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.demo.routes import Call, Routes, answered

if TYPE_CHECKING:
    import httpx

routes = Routes()


@routes("GET", "/v1/projects")
def projects(call: Call) -> httpx.Response:
    """All, by name."""
    return answered([item for _, item in sorted(call.box.items("projects").items())])
