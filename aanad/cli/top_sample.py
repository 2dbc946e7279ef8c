"""All that `aana top` shows, as it was at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aanad.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aanad.client import Client
    from aanad.wire.hardware import Gpu, Node
    from aanad.wire.projects import Project, Replica
    from aanad.wire.request_stats import RequestStats
    from aanad.wire.status import Status


@dataclass(frozen=True)
class Sample:
    """The daemon, its machines, and the projects that are wanted."""

    time: datetime
    status: Status
    projects: list[Project]
    replicas: list[Replica]
    requests: dict[str, RequestStats]
    """Of all endpoints of a project together, by the project's name."""
    gpus: list[Gpu]
    nodes: list[Node]


@dataclass(frozen=True)
class Load:
    """What a project's replicas hold together."""

    gpus: int
    gpu_memory_bytes: int
    rss_bytes: int


def read_sample(client: Client, names: Sequence[str] = ()) -> Sample:
    """Ask for everything, one call after the other.

    Args:
        client: the daemon.
        names: only these projects; all where none is given.
    """
    wanted = set(names)
    return Sample(
        time=datetime.now(UTC),
        status=client.status(),
        projects=[project for project in client.projects() if not wanted or project.name in wanted],
        replicas=[replica for replica in client.replicas() if not wanted or replica.project in wanted],
        requests={each.project: each for each in client.requests() if each.kind == "project"},
        gpus=client.gpus(),
        nodes=client.nodes(),
    )


def require_projects(sample: Sample, names: Sequence[str]) -> None:
    """Refuse names that no project has.

    Raises:
        NotFound: ``project_not_found``.
    """
    for name in names:
        if name not in {project.name for project in sample.projects}:
            raise NotFound(f"There is no project {name}.", hint="`aana ps` lists them.", code="project_not_found")


def load_of(sample: Sample, project: str) -> Load:
    """What a project's replicas hold."""
    replicas = [replica for replica in sample.replicas if replica.project == project]
    return Load(
        gpus=len({(replica.node, gpu) for replica in replicas for gpu in replica.gpus}),
        gpu_memory_bytes=sum(replica.gpu_memory_bytes or 0 for replica in replicas),
        rss_bytes=sum(replica.rss_bytes or 0 for replica in replicas),
    )
