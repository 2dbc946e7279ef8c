"""What each topic of a watch holds, by key, read from the parts that know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aanad.core.broadcasting import Source
    from aanad.core.events import Events
    from aanad.core.hardware import Hardware
    from aanad.core.operations import Operations
    from aanad.core.overview import Overview
    from aanad.core.requests import Requests
    from aanad.core.status import DaemonStatus
    from aanad.wire.events import Event
    from aanad.wire.hardware import Gpu, Node
    from aanad.wire.operations import Operation
    from aanad.wire.projects import Project, Replica
    from aanad.wire.request_stats import RequestStats
    from aanad.wire.status import Status
    from aanad.wire.watch import Topic

LAST_EVENTS = 100
SEEN_BY_THE_RECONCILER: tuple[Topic, ...] = ("projects", "replicas", "operations", "daemon")
"""The topics that may have changed after each of its looks."""
NUMBERS: tuple[Topic, ...] = ("requests", "gpus", "nodes")
"""The topics that are measured, and never rest."""


def sources(
    *,
    overview: Overview,
    operations: Operations,
    events: Events,
    status: DaemonStatus,
    requests: Requests,
    hardware: Hardware,
) -> dict[Topic, Source]:
    """A source for each topic."""

    async def daemon() -> Mapping[str, Status]:
        return {"status": await status.status()}

    async def projects() -> Mapping[str, Project]:
        return {project.name: project for project in await overview.projects()}

    async def replicas() -> Mapping[str, Replica]:
        return {f"{each.project}/{each.deployment}/{each.id}": each for each in await overview.replicas()}

    async def current_operations() -> Mapping[str, Operation]:
        return {operation.id: operation for operation in operations.recent()}

    async def last_events() -> Mapping[str, Event]:
        return {str(event.cursor): event for event in await events.list(limit=LAST_EVENTS)}

    async def request_stats() -> Mapping[str, RequestStats]:
        return {f"{each.project}/{each.kind}/{each.name}": each for each in await requests.stats()}

    async def gpus() -> Mapping[str, Gpu]:
        return {f"{each.node}/{each.index}": each for each in await hardware.gpus()}

    async def nodes() -> Mapping[str, Node]:
        return {each.address: each for each in await hardware.nodes()}

    return {
        "daemon": daemon,
        "projects": projects,
        "replicas": replicas,
        "operations": current_operations,
        "requests": request_stats,
        "gpus": gpus,
        "nodes": nodes,
        "events": last_events,
    }
