"""What runs on the simulated box in the beginning, and the small things that go on there by themselves."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from aana_tui.demo.project import MIB, NODE, SimulatedProject, Standing
from aana_tui.demo.samples import SAMPLES
from aanad.wire.manifest import INGRESS_DEPLOYMENT
from aanad.wire.phase import Phase
from aanad.wire.projects import Crash, CrashKind, Replica, Revision

if TYPE_CHECKING:
    from aana_tui.demo.box import SimulatedBox
    from aana_tui.demo.samples import Sample

RETRY_S = 40
"""How long the replica that is out of memory takes to fail again."""


def settle(box: SimulatedBox, replicas: int) -> None:
    """Put the samples on the box; the last projects are padded to so many replicas in all."""
    for number, sample in enumerate(SAMPLES):
        _settle(box, sample, number)
    missing = replicas - len(box.items("replicas"))
    for number in range(missing):
        project = box.projects[("embed", "rerank", "moderate")[number % 3]]
        part = project.parts[0].name
        project.sizes[part] += 1
        project.add(part, Phase.RUNNING)
    for project in box.projects.values():
        project.publish()
    box.each_second.append(lambda: _wander(box))
    box.each_second.append(lambda: _crash_again(box, box.projects.get("detect")))


def _settle(box: SimulatedBox, sample: Sample, number: int) -> None:
    chance = box.chance(f"project {sample.name}")
    since = box.now - timedelta(seconds=chance.randint(600, 400_000))
    revisions = _revisions(box, sample)
    project = SimulatedProject(
        box=box, name=sample.name, parts=list(sample.parts), endpoints=sample.endpoints,
        standing=Standing(Phase.RUNNING, "ready", since), created_at=revisions[-1].created_at,
        sizes={INGRESS_DEPLOYMENT: sample.ingresses, **{part.name: part.replicas for part in sample.parts}},
        version=number + 3, revision=revisions[0].id, revisions=revisions, secrets=list(sample.secrets),
        rate=sample.rate, p50_ms=sample.p50_ms,
    )  # fmt: skip
    box.projects[sample.name] = project
    match sample.standing:
        case "stopped":
            project.desired = "stopped"
            project.standing = Standing(Phase.STOPPED, "stopped_by_operator", since, "Stopped by maria.")
        case "failed" if sample.failure is not None:
            told = sample.failure
            project.failure, project.failed_revision = told, project.revision
            project.standing = Standing(Phase.FAILED, told.reason, since, told.message, told.hint)
        case "starting":
            project.standing = Standing(Phase.STARTING, "downloading", box.now)
            project.add(INGRESS_DEPLOYMENT, Phase.RUNNING)
            box.life.begin_download(project)
        case _:
            for deployment, wanted in project.sizes.items():
                for _ in range(wanted):
                    replica = project.add(deployment, Phase.RUNNING)
                    project.keep(replica.model_copy(update={"started_at": since, "since": since}))
            if sample.standing == "degraded":
                _crash(project, project.replicas("detector")[-1])


def _revisions(box: SimulatedBox, sample: Sample) -> list[Revision]:
    chance = box.chance(f"revisions {sample.name}")
    at, found = box.now - timedelta(hours=2), []
    for number in range(sample.revisions, 0, -1):
        is_active = number == sample.revisions
        is_bad = is_active and sample.standing in {"failed", "starting"}
        found.append(
            Revision(
                id=hashlib.sha256(f"{sample.name} {number}".encode()).hexdigest()[:12], project=sample.name,
                created_at=at, created_by=chance.choice(["maria", "jonas", "ci"]),
                size_bytes=chance.randint(4_000, 90_000), active=is_active,
                git_commit=hashlib.sha256(f"git {sample.name} {number}".encode()).hexdigest()[:40],
                ready_at=None if is_bad else at + timedelta(seconds=chance.randint(9, 90)),
                route_prefix=f"/{sample.name}",
            )
        )  # fmt: skip
        at -= timedelta(hours=chance.randint(3, 200))
    return found


# What goes on by itself


def _wander(box: SimulatedBox) -> None:
    """Memory of a tenth of the replicas is a little otherwise than before."""
    chance = box.chance(f"wander {box.seconds}")
    for index, (key, item) in enumerate(list(box.items("replicas").items())):
        if index % 10 == box.seconds % 10 and item["phase"] == "running":
            replica = Replica.model_validate(item)
            rss = int((replica.rss_bytes or MIB) * chance.uniform(0.99, 1.01))
            box.set("replicas", key, replica.model_copy(update={"rss_bytes": rss}))


def _crash_again(box: SimulatedBox, project: SimulatedProject | None) -> None:
    """The one that is degraded: its last replica starts, runs out of memory, and is started again."""
    if project is None or project.standing.phase is not Phase.DEGRADED or box.seconds % RETRY_S:
        return
    starting = [each for each in project.replicas("detector") if each.phase is Phase.STARTING]
    for replica in starting:
        _crash(project, replica)


def _crash(project: SimulatedProject, replica: Replica) -> None:
    """A replica runs out of memory; another takes its place."""
    box, deployment = project.box, replica.deployment
    crash = Crash(
        deployment=deployment, replica=replica.id, node=NODE, pid=replica.pid, at=box.now,
        kind=CrashKind.GPU_OUT_OF_MEMORY, message=f"GPU {replica.gpus[0]} ran out of memory.",
        lines=["torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.10 GiB."],
    )  # fmt: skip
    project.drop(replica)
    project.crashes[deployment] = [crash, *project.crashes.get(deployment, [])][:5]
    project.restarts[deployment] += 1
    box.record(
        "replica.died",
        f"Replica {replica.id} of {deployment} died (pid {replica.pid}): {crash.message} Another one is started.",
        project=project.name,
        deployment=deployment,
        replica=replica.id,
    )
    again = project.add(deployment, Phase.STARTING, "Loading the model.")
    for other in project.replicas(deployment):
        project.keep(other.model_copy(update={"restarts": project.restarts[deployment]}))
    wanted = project.sizes[deployment]
    project.stand(
        Phase.DEGRADED,
        "crash_loop",
        f"{wanted - 1} of {wanted} replicas of {deployment} serve; {again.id} takes the place "
        f"of one that died: {crash.message}",
        f"`aana logs {project.name} --level error` shows the last lines of it.",
    )
