"""What the brain works with: desired state as stored, observed state as read; frozen values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.core.redaction import Redactor
    from aanad.wire.events import Event
    from aanad.wire.manifest import ProjectManifest
    from aanad.wire.project_file import ProjectFile
    from aanad.wire.projects import Crash, Desired, Scale
    from aanad.wire.replica_counts import ReplicaCounts


@dataclass(frozen=True)
class Failure:
    """Why a revision of a project does not serve."""

    reason: str
    message: str
    hint: str
    at: datetime
    revision: str | None
    """The revision that failed. Where it is the active one, nothing serves until somebody acts."""
    evidence: list[str] = field(default_factory=list)
    blocks: bool = True
    """Whether nothing serves because of it. A change that failed while older replicas serve on blocks nothing."""


@dataclass(frozen=True)
class Timing:
    """What replicas of one deployment took the last time, in seconds."""

    start_s: float | None = None
    """From the creation of the process to the first request that it could take."""
    stop_s: float | None = None
    """From the word to stop to the end of the process."""


@dataclass(frozen=True)
class Good:
    """What was desired when all replicas were ready the last time: what a change that fails goes back to."""

    revision: str
    restarts: int
    scale: dict[str, Scale] = field(default_factory=dict)


@dataclass(frozen=True)
class ProjectRecord:
    """A project as the operator wants it."""

    name: str
    desired: Desired
    revision: str | None
    """The active revision; None until one could be read."""
    good: Good | None
    """None until it was ready for the first time."""
    restarts: int
    """Counts `restart` requests; a change makes Serve replace every replica."""
    failure: Failure | None
    phase: str
    reason: str
    since: datetime
    """When `phase` and `reason` began; a checkpoint, so that a restarted daemon does not forget it."""
    created_at: datetime
    version: int
    """Grows with every accepted change of what is desired."""
    scale: dict[str, Scale] = field(default_factory=dict)
    """What an operator wants of single deployments; wins over ``project.toml`` and the code."""
    gaps: tuple[str, ...] = ()
    """Deployments whose old and new replicas do not fit beside each other: the old ones end first."""
    timings: dict[str, Timing] = field(default_factory=dict)
    """By deployment: what its last start and end took; a checkpoint."""

    @property
    def is_blocked(self) -> bool:
        """Whether the active revision failed for good, so that it must stay out of Serve's configuration."""
        return self.failure is not None and self.failure.blocks and self.failure.revision == self.revision

    @property
    def is_good(self) -> bool:
        """Whether just what is desired now was ready before."""
        return self.revision is not None and self.good == Good(self.revision, self.restarts, self.scale)

    @property
    def should_serve(self) -> bool:
        """Whether Serve's configuration must hold this project."""
        return self.desired == "running" and self.revision is not None and not self.is_blocked


@dataclass(frozen=True)
class RevisionRecord:
    """One immutable revision that could be read."""

    id: str
    project: str
    archive: str
    """The archive's digest: SHA-256 over the sorted names and contents of its files."""
    size_bytes: int
    manifest: ProjectManifest
    file: ProjectFile
    route_prefix: str
    created_at: datetime
    created_by: str
    git_commit: str | None
    requirements: str | None = None
    """Its ``requirements.txt``."""
    activated_at: datetime | None = None
    """When it was made the active one the last time; a mark that may change."""
    ready_at: datetime | None = None
    """When all its replicas were ready for the first time; a mark that is made once."""


@dataclass(frozen=True)
class MutationRequest:
    """A request that carries an ``Idempotency-Key``: sent twice, it changes something once."""

    key: str
    fingerprint: str
    """SHA-256, the same for the same request."""

    def about(self, content: str) -> MutationRequest:
        """The request with something in it that tells it from others."""
        return MutationRequest(self.key, hashlib.sha256(f"{self.fingerprint}\n{content}".encode()).hexdigest())


@dataclass(frozen=True)
class ApplicationConfig:
    """What Serve is told about one project; equal values mean that nothing has to be told."""

    name: str
    route_prefix: str
    import_path: str
    archive_uri: str
    args: dict[str, Any]
    env: dict[str, str]
    overrides: dict[str, dict[str, Any]]
    """By deployment: Serve's own option names."""
    requirements: tuple[str, ...] = ()
    """Lines of its ``requirements.txt``, installed into an environment of its own."""


@dataclass(frozen=True)
class ObservedReplica:
    """One replica as Serve reports it."""

    id: str
    node_id: str | None
    node_address: str | None
    worker_id: str | None
    pid: int | None
    state: str
    """Serve's word: STARTING, UPDATING, RECOVERING, RUNNING, STOPPING or PENDING_MIGRATION."""
    started_at: datetime | None
    log_file: str | None

    @property
    def is_ready(self) -> bool:
        """Whether requests are sent to it."""
        return self.state == "RUNNING"


@dataclass(frozen=True)
class ObservedDeployment:
    """One deployment as Serve reports it."""

    name: str
    status: str
    """Serve's word: UPDATING, HEALTHY, UNHEALTHY, DEPLOY_FAILED, UPSCALING or DOWNSCALING."""
    message: str
    target_replicas: int
    archive_uri: str | None
    replicas: tuple[ObservedReplica, ...]
    resources: dict[str, float] = field(default_factory=dict)
    """What one replica asks for: ``CPU``, ``GPU``, ``memory`` (bytes) and custom resources."""
    dead: tuple[ObservedReplica, ...] = ()
    """Replicas that ended lately, as far as Serve remembers them."""

    @property
    def ready(self) -> int:
        """Replicas that requests are sent to."""
        return sum(replica.is_ready for replica in self.replicas)


@dataclass(frozen=True)
class ObservedApplication:
    """One Serve application as Serve reports it."""

    name: str
    status: str
    """Serve's word: NOT_STARTED, DEPLOYING, DEPLOY_FAILED, RUNNING, UNHEALTHY or DELETING."""
    message: str
    config: ApplicationConfig | None
    """What Serve was last told; None for an application that is not ours."""
    raw_config: dict[str, Any] | None
    """What Serve was last told, as it repeats it; carried over where the application is not ours."""
    deployments: dict[str, ObservedDeployment]
    is_rebuilding: bool = False
    """Serve lists no deployments while it builds anew, though they serve: `deployments` are those of before."""

    @property
    def replicas(self) -> list[ObservedReplica]:
        """Of all its deployments."""
        return [replica for deployment in self.deployments.values() for replica in deployment.replicas]

    @property
    def ready(self) -> int:
        """Replicas that requests are sent to."""
        return sum(deployment.ready for deployment in self.deployments.values())

    @property
    def target_replicas(self) -> int:
        """Replicas that Serve wants."""
        return sum(deployment.target_replicas for deployment in self.deployments.values())

    @property
    def serves(self) -> bool:
        """Whether every deployment has a replica that requests are sent to, of whichever revision."""
        return bool(self.deployments) and all(
            deployment.ready or not deployment.target_replicas for deployment in self.deployments.values()
        )

    @property
    def is_built(self) -> bool:
        """Whether the code that Serve was last told of has been imported, so that a PUT cancels no build."""
        if self.config is None:
            return self.status != "DEPLOYING"
        if self.is_rebuilding:
            return self.status != "DEPLOYING"
        uris = {deployment.archive_uri for deployment in self.deployments.values()}
        return self.status not in {"DEPLOYING", "NOT_STARTED"} or uris == {self.config.archive_uri}


@dataclass(frozen=True)
class ObservedCluster:
    """One reading of Serve."""

    serve_runs: bool
    applications: dict[str, ObservedApplication]


@dataclass(frozen=True)
class NodeResources:
    """What Ray may hand out on one node that is alive."""

    id: str
    address: str
    total: dict[str, float]
    """``CPU``, ``GPU``, ``memory`` (bytes) and custom resources; Ray's own bookkeeping entries are left out."""


@dataclass(frozen=True)
class NodeProcess:
    """What a node's agent reports of one process."""

    pid: int
    rss_bytes: int | None


@dataclass(frozen=True)
class LogSource:
    """Log files of one kind, by a pattern below the session's log folder or by a path; rotated ones belong to them."""

    project: str | None
    deployment: str | None
    replica: str | None
    kind: str
    """As in `wire.logs.LogSourceKind`."""
    pattern: str
    """With at most one `*`, which stands for one id; of Serve's replica logs it is the replica's."""
    path: str | None = None
    """Where the file lies, if not below the session's log folder."""
    ends_with: str = ""
    """What the id that `*` stands for ends with."""
    living: frozenset[str] | None = None
    """The replicas that may still write; None where that is not known."""
    node: str | None = None
    """The address of the node that has the files, where that is not this one."""
    node_id: str | None = None
    """Ray's id of that node; `pattern` is below its own session's log folder."""
    crash: Crash | None = None
    """What was kept of a crash, to be told where the files of `pattern` are not there."""
    redactor: Redactor | None = None
    """Takes secrets out of what is read."""


@dataclass(frozen=True)
class LogQuery:
    """Which records of the sources are wanted, and in which way."""

    tail: int | None = None
    """How many of the last ones to begin with, after filtering; None: all."""
    follow: bool = False
    cursor: str | None = None
    """Begin after it; `tail` does not count then."""
    since: datetime | None = None
    until: datetime | None = None
    level: str | None = None
    """At least this severe."""
    grep: str | None = None
    """A regular expression in RE2's syntax, searched for in the message."""


@dataclass(frozen=True)
class CountsReading:
    """The files of replicas' counts on one node."""

    names: frozenset[str]
    """All that are there."""
    changed: dict[str, ReplicaCounts]
    """By name: those that may have changed since the last reading, and can be understood."""


@dataclass(frozen=True)
class EventQuery:
    """Which events are asked for; what is empty or None asks for all."""

    projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """Exact, or the beginning of several: ``replica.*``."""
    actor: str | None = None
    after: datetime | None = None
    """Not older than this."""

    def matches(self, event: Event) -> bool:
        """Whether an event is one of them."""
        return (
            (not self.projects or event.project in self.projects)
            and (not self.types or any(_is_of(event.type, pattern) for pattern in self.types))
            and self.actor in {None, event.actor}
            and (self.after is None or event.time >= self.after)
        )


def _is_of(type_: str, pattern: str) -> bool:
    return type_.startswith(pattern[:-1]) if pattern.endswith("*") else type_ == pattern
