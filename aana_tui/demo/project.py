"""One simulated project: what is asked for, what runs, and how both are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aana_tui.demo.hardware import LOST
from aanad.wire.manifest import INGRESS_DEPLOYMENT, DeploymentManifest
from aanad.wire.phase import Phase
from aanad.wire.projects import (
    Crash,
    DeploymentStatus,
    Desired,
    EndpointRef,
    LastExit,
    Project,
    ProjectDetail,
    Replica,
    Revision,
    Scale,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from aana_tui.demo.box import SimulatedBox
    from aana_tui.demo.samples import Failure, Part

NODE = "10.0.0.1"
SERVE_URL = "http://127.0.0.1:8000"
ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
MIB = 1 << 20
INGRESS_RSS_MIB = 310


@dataclass
class Standing:
    """A phase and why; see `aanad.wire.phase.State`."""

    phase: Phase
    reason: str
    since: datetime
    message: str = ""
    hint: str = ""


@dataclass
class SimulatedProject:
    """The simulator's own record of a project; `publish` shows it to those who watch."""

    box: SimulatedBox
    name: str
    parts: list[Part]
    """Its deployments, without the ingress."""
    endpoints: tuple[tuple[str, str], ...]
    standing: Standing
    created_at: datetime
    sizes: dict[str, int]
    """Replicas asked for, the ingress included."""
    desired: Desired = "running"
    version: int = 1
    revision: str | None = None
    revisions: list[Revision] = field(default_factory=list)
    """The newest first."""
    failure: Failure | None = None
    """What a start of the active revision ends with; None where it succeeds."""
    failed_revision: str | None = None
    secrets: list[str] = field(default_factory=list)
    scale: dict[str, Scale] = field(default_factory=dict)
    priority: int = 0
    crashes: dict[str, list[Crash]] = field(default_factory=dict)
    rate: float = 0.0
    p50_ms: float = 100.0
    restarts: Counter[str] = field(default_factory=Counter)

    # Replicas

    def replicas(self, deployment: str | None = None) -> list[Replica]:
        """What runs, or is about to, or ends; in the order in which it began."""
        return [
            Replica.model_validate(item)
            for item in self.box.items("replicas").values()
            if item["project"] == self.name and deployment in {None, item["deployment"]}
        ]

    def part(self, deployment: str) -> Part | None:
        """A deployment; None for the ingress."""
        return next((part for part in self.parts if part.name == deployment), None)

    def add(self, deployment: str, phase: Phase, message: str = "") -> Replica:
        """Begin a replica where there is room."""
        box, part = self.box, self.part(deployment)
        chance = box.chance(f"replica {box.next_pid}")
        replica = Replica(
            id="".join(chance.choices(ID_LETTERS, k=8)),
            project=self.name,
            deployment=deployment,
            node=NODE,
            pid=box.next_pid,
            phase=phase,
            gpus=[_roomy_gpu(box, part.gpu)] if part is not None and part.gpu else [],
            gpu_memory_bytes=None,
            rss_bytes=210 * MIB,
            restarts=self.restarts[deployment],
            started_at=box.now,
            reason="replicas_starting" if phase is Phase.STARTING else "ready",
            message=message,
            since=box.now,
            last_exit=self._last_exit(deployment),
        )
        box.next_pid += chance.randint(3, 40)
        return self.keep(self._ready(replica) if phase is Phase.RUNNING else replica)

    def is_up(self, replica: Replica) -> Replica:
        """A replica has come up."""
        return self.keep(self._ready(replica))

    def keep(self, replica: Replica) -> Replica:
        """A replica is otherwise than before."""
        self.box.set("replicas", key_of(replica), replica)
        return replica

    def drop(self, replica: Replica) -> None:
        """A replica has ended."""
        self.box.set("replicas", key_of(replica), None)

    def give_up_starting(self) -> None:
        """What is not ready ends; what is goes on as it was."""
        for replica in self.replicas():
            if replica.phase is not Phase.RUNNING:
                self.drop(replica)
        serves = len({each.deployment for each in self.replicas()}) == len(self.sizes)
        if not serves:
            for replica in self.replicas():
                self.drop(replica)
            self.desired = "stopped"
            self.stand(Phase.STOPPED, "stopped_by_operator", f"Its start was cancelled by {self.box.actor}.")
            return
        self.sizes = {name: len(self.replicas(name)) for name in self.sizes}
        self.stand(Phase.RUNNING, "ready")

    def _ready(self, replica: Replica) -> Replica:
        part = self.part(replica.deployment)
        chance = self.box.chance(f"memory {replica.id}")
        rss_mib = (part.rss_mib if part is not None else INGRESS_RSS_MIB) * chance.uniform(0.94, 1.06)
        gpu_bytes = int(part.gpu_gib * chance.uniform(0.97, 1.03) * 1024) * MIB if part is not None else 0
        return replica.model_copy(
            update={
                "phase": Phase.RUNNING, "reason": "ready", "message": "", "since": self.box.now,
                "rss_bytes": int(rss_mib) * MIB, "gpu_memory_bytes": gpu_bytes or None,
            }
        )  # fmt: skip

    def _last_exit(self, deployment: str) -> LastExit | None:
        crash = next(iter(self.crashes.get(deployment, [])), None)
        return LastExit(at=crash.at, kind=crash.kind, message=crash.message) if crash is not None else None

    def note_ready(self) -> None:
        """All replicas of the active revision are ready: it is one to go back to."""
        self.revisions = [
            each if each.ready_at is not None or each.id != self.revision
            else each.model_copy(update={"ready_at": self.box.now})
            for each in self.revisions
        ]  # fmt: skip

    def activate(self, revision: Revision) -> None:
        """Another revision is what runs; a new one comes on top."""
        others = [each for each in self.revisions if each.id != revision.id]
        known = self.revisions if len(others) < len(self.revisions) else [revision, *self.revisions]
        self.revisions = [each.model_copy(update={"active": each.id == revision.id}) for each in known]
        self.revision = revision.id

    # How it is shown

    def stand(self, phase: Phase, reason: str, message: str = "", hint: str = "") -> None:
        """It is in another phase, or in the same one for another reason."""
        before = self.standing
        since = before.since if before.phase is phase else self.box.now
        self.standing = Standing(phase, reason, since, message, hint)
        if before.phase is not phase:
            said = f"{before.phase} → {phase} ({reason}) {message}".strip()
            self.box.record("project.phase", said, project=self.name, before=before.phase, after=phase)
        self.publish()

    def publish(self) -> None:
        """Show it as it is now."""
        self.box.set("projects", self.name, self.shown())

    def shown(self) -> Project:
        """A line of ``aana ps``."""
        standing = self.standing
        ready = sum(replica.phase is Phase.RUNNING for replica in self.replicas())
        return Project(
            name=self.name, phase=standing.phase, reason=standing.reason, message=standing.message,
            hint=standing.hint, since=standing.since, desired=self.desired, revision=self.revision,
            route_prefix=f"/{self.name}", ready=ready, replicas=sum(self.sizes.values()), etag=f'"{self.version}"',
            endpoints=[EndpointRef(name=name, path=path) for name, path in self.endpoints],
        )  # fmt: skip

    def detail(self) -> ProjectDetail:
        """All that an operator asks next."""
        is_failed = self.standing.phase is Phase.FAILED
        return ProjectDetail(
            **dict(self.shown()),
            url=f"{SERVE_URL}/{self.name}",
            created_at=self.created_at,
            deployments=list(self._deployments()) if self.replicas() or is_failed else [],
            manifest_deployments=[self.manifest(part) for part in self.parts],
            evidence=list(self.failure.evidence) if self.failure is not None and is_failed else [],
            priority=self.priority,
            scale=self.scale,
            secrets=self.secrets,
        )

    def manifest(self, part: Part) -> DeploymentManifest:
        """A deployment as its author registered it."""
        return DeploymentManifest(
            name=part.name, class_name=part.class_name, replicas=part.replicas, max_replicas=part.replicas,
            num_cpus=1.0, num_gpus=part.gpu, methods=list(part.methods),
        )  # fmt: skip

    def _deployments(self) -> Iterator[DeploymentStatus]:
        for name, wanted in self.sizes.items():
            ready = sum(replica.phase is Phase.RUNNING for replica in self.replicas(name))
            standing = self._deployment_standing(name, ready, wanted)
            yield DeploymentStatus(
                name=name, phase=standing.phase, reason=standing.reason, message=standing.message,
                hint=standing.hint, since=standing.since, ready=ready, replicas=wanted,
                crashes=self.crashes.get(name, []),
            )  # fmt: skip

    def _deployment_standing(self, name: str, ready: int, wanted: int) -> Standing:
        whole = self.standing
        if ready >= wanted or whole.phase is Phase.STOPPED:
            phase = Phase.RUNNING if ready >= wanted else Phase.STOPPED
            return Standing(phase, "ready" if phase is Phase.RUNNING else whole.reason, whole.since)
        if whole.phase is Phase.FAILED and name == INGRESS_DEPLOYMENT:
            return Standing(Phase.STOPPED, whole.reason, whole.since)
        return whole


def key_of(replica: Replica) -> str:
    """The key by which it is watched."""
    return f"{replica.project}/{replica.deployment}/{replica.id}"


def _roomy_gpu(box: SimulatedBox, share: float) -> int:
    """The first GPU with that much left, else the one with the most."""
    held: Counter[int] = Counter(dict.fromkeys((one for one in range(max(1, box.gpu_count)) if one != LOST), 0))
    for item in box.items("replicas").values():
        project = box.projects.get(item["project"])
        part = project.part(item["deployment"]) if project is not None else None
        for index in item["gpus"]:
            held[index] += part.gpu if part is not None else 0  # type: ignore[assignment]
    roomy = [index for index, used in held.items() if used + share <= 1]
    return min(roomy) if roomy else min(held, key=lambda index: held[index])
