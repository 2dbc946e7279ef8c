"""What is asked of the daemon about one project, beyond what the watch tells of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aanad.errors import AanaError, DaemonUnavailable

if TYPE_CHECKING:
    from aana_tui.state.store import Store
    from aanad.client import Client
    from aanad.wire.operations import Operation
    from aanad.wire.projects import Endpoint, ProjectDetail, Revision

OPERATIONS = 30
"""How many of the last ones are shown."""


@dataclass(frozen=True)
class ProjectFacts:
    """One project, as the daemon said it."""

    detail: ProjectDetail
    operations: list[Operation]
    """The newest first."""
    endpoints: list[Endpoint]
    """None where no revision could be read yet."""
    revisions: list[Revision]
    """The newest first."""


def ask_facts(client: Client, name: str, known: ProjectFacts | None = None) -> ProjectFacts:
    """Ask for all of it; what only a finished operation changes is not asked for again without one.

    Raises:
        AanaError: there is no such project, or the daemon does not answer.
    """
    detail = client.project(name)
    operations = client.operations(name, limit=OPERATIONS)
    if known is not None and _finished(known.operations) == _finished(operations) and known.detail.name == name:
        return ProjectFacts(detail, operations, known.endpoints, known.revisions)
    try:
        endpoints = client.endpoints(name)
    except DaemonUnavailable:
        raise
    except AanaError:
        endpoints = []
    return ProjectFacts(detail, operations, endpoints, client.revisions(name))


def occasion(store: Store, name: str) -> tuple[object, ...]:
    """Changes when there is reason to ask again: not for mere numbers of requests or of memory."""
    project = next((one for one in store.projects() if one.name == name), None)
    replicas = tuple((one.id, one.phase, one.message) for one in store.replicas() if one.project == name)
    steps = tuple(one.model_dump_json() for one in store.operations() if one.project == name)
    return project.model_dump_json() if project is not None else None, replicas, steps


def _finished(operations: list[Operation]) -> set[str]:
    return {operation.id for operation in operations if operation.state.is_final}
