"""Projects, their deployments and replicas as the API shows them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

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
    etag: str = ""
    """Changes with every accepted change of what is desired; for ``If-Match``."""


class CrashKind(StrEnum):
    """What ended a replica."""

    EXIT = "exit"
    SIGNAL = "signal"
    OUT_OF_MEMORY = "out_of_memory"
    """The machine ran out of memory."""
    GPU_OUT_OF_MEMORY = "gpu_out_of_memory"
    START_FAILED = "start_failed"
    """Its constructor or `apply_config` raised."""
    UNHEALTHY = "unhealthy"
    """It failed most of its calls, and was replaced."""
    UNKNOWN = "unknown"


class Crash(WireModel):
    """One replica that ended without being asked to, with what is known of why."""

    deployment: str
    replica: str
    node: str
    pid: int | None
    at: datetime
    kind: CrashKind
    exit_code: int | None = None
    signal: str | None = None
    """``SIGKILL``, ``SIGSEGV``, …"""
    message: str
    """One sentence."""
    lines: list[str] = []
    """Its last log lines."""


class Scale(WireModel):
    """How many replicas an operator wants of one deployment: a fixed number, or a range."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replicas: int | None = Field(default=None, ge=1, le=10_000)
    min_replicas: int | None = Field(default=None, ge=0, le=10_000)
    max_replicas: int | None = Field(default=None, ge=1, le=10_000)
    target_ongoing_requests: float | None = Field(default=None, gt=0)
    """Requests at once that a replica should have; Serve adds replicas above it."""

    @model_validator(mode="after")
    def _one_way(self) -> Scale:
        by_range = self.max_replicas is not None
        if (self.replicas is not None) == by_range:
            raise ValueError("give either replicas, or max_replicas with or without min_replicas")
        if not by_range and (self.min_replicas is not None or self.target_ongoing_requests is not None):
            raise ValueError("min_replicas and target_ongoing_requests go with max_replicas")
        if by_range and (self.min_replicas or 0) > (self.max_replicas or 0):
            raise ValueError("min_replicas is more than max_replicas")
        return self


class ScaleRequest(WireModel):
    """New numbers of replicas by deployment; null goes back to what the project itself says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deployments: dict[str, Scale | None] = Field(min_length=1)


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
    crashes: list[Crash] = []
    """The last replicas of it that crashed, the newest first."""


class ProjectDetail(Project):
    """One project with all that an operator asks next."""

    url: str
    """Where its endpoints answer: scheme, host, port and route prefix."""
    created_at: datetime
    deployments: list[DeploymentStatus]
    manifest_deployments: list[DeploymentManifest]
    evidence: list[str] = []
    """For a failure: the last lines of the traceback or the log."""
    priority: int = 0
    scale: dict[str, Scale] = {}
    """What ``aana scale`` set, by deployment; it survives a redeploy."""
    secrets: list[str] = []
    """Names of its secrets; their values are shown nowhere."""


class Endpoint(EndpointManifest):
    """An endpoint of a project, with its address."""

    project: str
    url: str


class LastExit(WireModel):
    """How a replica ended that was not asked to."""

    at: datetime
    kind: CrashKind
    message: str
    """One sentence."""


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
    reason: str = ""
    message: str = ""
    hint: str = ""
    since: datetime | None = None
    last_exit: LastExit | None = None
    """The last replica of this deployment that died, which this one may stand in for."""


class Revision(WireModel):
    """An immutable snapshot of a project's files and settings."""

    id: str
    project: str
    created_at: datetime
    created_by: str
    size_bytes: int
    active: bool
    git_commit: str | None = None
    ready_at: datetime | None = None
    """When all its replicas were ready for the first time; only such a revision is gone back to by itself."""
    route_prefix: str = ""
