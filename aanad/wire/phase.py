"""The one enum of phases, and the state that explains a phase."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from aanad.wire.base import WireModel


class Phase(StrEnum):
    """Where a project, a deployment or a replica stands."""

    STOPPED = "stopped"
    PENDING = "pending"
    """Asked for, and waiting for something: the cluster, a build of another project, a resource."""
    STARTING = "starting"
    RUNNING = "running"
    UPDATING = "updating"
    """Serving, while a new revision, a restart or a new size takes effect."""
    DEGRADED = "degraded"
    """Serving with fewer healthy replicas than asked for."""
    FAILED = "failed"
    """Nothing serves, and nothing will until somebody acts."""
    STOPPING = "stopping"
    UNKNOWN = "unknown"
    """The cluster cannot be reached."""


class Reason(StrEnum):
    """Stable codes that say why a phase is what it is; failures may also carry an error's own code."""

    READY = "ready"
    STOPPED_BY_OPERATOR = "stopped_by_operator"
    NEVER_STARTED = "never_started"
    CLUSTER_STARTING = "cluster_starting"
    CLUSTER_UNREACHABLE = "cluster_unreachable"
    QUEUED = "queued"
    BUILDING = "building"
    REPLICAS_STARTING = "replicas_starting"
    REPLICA_FAILED = "replica_failed"
    RESOURCES_SHORT = "resources_short"
    DRAINING = "draining"
    IMPORT_ERROR = "import_error"
    DEPLOY_FAILED = "deploy_failed"
    START_TIMEOUT = "start_timeout"
    REVISION_FAILED = "revision_failed"
    ARCHIVE_MISSING = "archive_missing"
    WAITS_FOR_PRIORITY = "waits_for_priority"
    """Projects of a higher priority start first."""
    DOWNLOADING = "downloading"
    CRASH_LOOP = "crash_loop"
    OUT_OF_MEMORY = "out_of_memory"
    GPU_OUT_OF_MEMORY = "gpu_out_of_memory"
    ENVIRONMENT_FAILED = "environment_failed"


class State(WireModel):
    """A phase and its explanation."""

    phase: Phase
    reason: str
    """A stable code, mostly one of `Reason`."""
    message: str = ""
    hint: str = ""
    since: datetime
