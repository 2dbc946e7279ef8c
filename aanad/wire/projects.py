"""Projects, their deployments and replicas as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from aanad.wire.base import WireModel
from aanad.wire.manifest import DeploymentManifest, EndpointManifest
from aanad.wire.phase import Phase

Desired = Literal["running", "stopped"]


class ProjectFolder(WireModel):
    """A folder on the daemon's machine that is to be deployed."""

    path: str
    """Absolute."""
    activate: bool = True


class EndpointRef(WireModel):
    """An endpoint's name and path."""

    name: str
    path: str


class Project(WireModel):
    """One line of ``aana ps``; its JSON keys are fixed, scripts rely on them."""

    name: str
    phase: Phase
    reason: str
    message: str
    hint: str
    since: datetime
    desired: Desired
    revision: str | None
    """12 hex digits of the active revision; None before the first one that could be read."""
    route_prefix: str
    ready: int
    """Healthy replicas, the ingress included."""
    replicas: int
    """Replicas asked for, the ingress included."""
    endpoints: list[EndpointRef]


class DeploymentStatus(WireModel):
    """One deployment of a project, as asked for and as observed."""

    name: str
    phase: Phase
    reason: str
    message: str
    hint: str
    since: datetime
    ready: int
    replicas: int


class ProjectDetail(Project):
    """One project with all that an operator asks next."""

    url: str
    """Where its endpoints answer: scheme, host, port and route prefix."""
    etag: str
    """Changes with every accepted change of what is desired; for ``If-Match``."""
    created_at: datetime
    deployments: list[DeploymentStatus]
    manifest_deployments: list[DeploymentManifest]
    evidence: list[str] = []
    """For a failure: the last lines of the traceback or the log."""


class Endpoint(EndpointManifest):
    """An endpoint of a project, with its address."""

    project: str
    url: str


class Replica(WireModel):
    """One running process of a deployment; its JSON keys are fixed, scripts rely on them."""

    id: str
    project: str
    deployment: str
    node: str
    """The node's address."""
    pid: int | None
    phase: Phase
    gpus: list[int]
    """Indexes of the GPUs it holds on its node."""
    gpu_memory_bytes: int | None
    rss_bytes: int | None
    restarts: int
    """Replicas of this deployment that died without being asked to, since the daemon first saw the project run."""
    started_at: datetime | None


class Revision(WireModel):
    """An immutable snapshot of a project's files and settings."""

    id: str
    project: str
    created_at: datetime
    created_by: str
    size_bytes: int
    active: bool
    git_commit: str | None = None
