"""A project's state machine: from what is wanted and what is observed to a phase with its reason.

stopped ──start──► pending ──► starting ──► running ◄──► updating
   ▲                                │        │  ▲
   └────────── stopping ◄──stop─────┴────────┘  └──► degraded
                                    └──► failed (until start or deploy)

`pending` waits for something that is not its own: Ray, a build of another project, a resource, a higher priority.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aanad.wire.phase import Phase, Reason

if TYPE_CHECKING:
    from aanad.core.records import ApplicationConfig, ObservedApplication, ProjectRecord


RESIZING = {"UPSCALING", "DOWNSCALING"}
UNTROUBLED = {"HEALTHY", *RESIZING}
"""Serve's words for deployments of which no replica failed a health check or its start."""


@dataclass(frozen=True)
class ClusterView:
    """What the state machine must know of the cluster."""

    reachable: bool
    starting: bool
    message: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Obstacle:
    """What keeps replicas from being ready, as somebody found it out."""

    reason: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Standing:
    """A phase and why; `since` is added by whoever remembers the one before."""

    phase: Phase
    reason: str
    message: str = ""
    hint: str = ""


def project_standing(
    record: ProjectRecord,
    wanted: ApplicationConfig | None,
    app: ObservedApplication | None,
    cluster: ClusterView,
    *,
    was_ready: bool,
    obstacle: Obstacle | None = None,
) -> Standing:
    """Where a project stands.

    Args:
        record: what the operator wants.
        wanted: what Serve must be told of it; None where it must not serve.
        app: what Serve says of it; None where Serve does not have it.
        cluster: whether `app` can be relied on.
        was_ready: whether all replicas of `wanted` have been ready before.
        obstacle: what keeps it, or one of its deployments, from being ready.
    """
    if record.is_blocked and record.failure is not None:
        return Standing(Phase.FAILED, record.failure.reason, record.failure.message, record.failure.hint)
    if wanted is None:
        return _not_wanted(record, app)
    if not cluster.reachable:
        if cluster.starting:
            return Standing(Phase.PENDING, Reason.CLUSTER_STARTING, cluster.message or "Ray is starting.", cluster.hint)
        return Standing(Phase.UNKNOWN, Reason.CLUSTER_UNREACHABLE, cluster.message, cluster.hint)
    if app is None:
        if obstacle is not None:
            return Standing(Phase.PENDING, obstacle.reason, obstacle.message, obstacle.hint)
        return Standing(Phase.PENDING, Reason.QUEUED, "It is about to be given to Ray Serve.")
    if app.status == "DELETING":
        return Standing(Phase.PENDING, Reason.DRAINING, "Its former replicas finish their requests first.")
    serves = app.serves
    if app.config != wanted:
        message = "It waits until Serve has finished a build."
        return Standing(Phase.UPDATING if serves else Phase.PENDING, Reason.QUEUED, message)
    if not app.is_built:
        what = "Its environment is set up and its code imported." if wanted.requirements else "Serve imports its code."
        return Standing(Phase.UPDATING if serves else Phase.STARTING, Reason.BUILDING, what)
    return _built(record, app, was_ready=was_ready, obstacle=obstacle)


def _not_wanted(record: ProjectRecord, app: ObservedApplication | None) -> Standing:
    if app is not None:
        return Standing(Phase.STOPPING, Reason.DRAINING, "Its replicas finish their requests.")
    if record.good is None:
        return Standing(Phase.STOPPED, Reason.NEVER_STARTED, "", f"aana start {record.name}")
    return Standing(Phase.STOPPED, Reason.STOPPED_BY_OPERATOR, "", f"aana start {record.name}")


def _built(record: ProjectRecord, app: ObservedApplication, *, was_ready: bool, obstacle: Obstacle | None) -> Standing:
    ready, target = app.ready, app.target_replicas
    failure = record.failure
    if app.status == "RUNNING" and ready >= target:
        if obstacle is not None and obstacle.reason == Reason.CRASH_LOOP:
            return Standing(Phase.DEGRADED, obstacle.reason, obstacle.message, obstacle.hint)
        if failure is not None:
            return Standing(Phase.RUNNING, Reason.REVISION_FAILED, failure.message, failure.hint)
        return Standing(Phase.RUNNING, Reason.READY)
    counted = f"{ready} of {target} replicas are ready."
    if failure is not None and failure.revision == record.revision:
        return Standing(Phase.DEGRADED, failure.reason, f"{counted} {failure.message}", failure.hint)
    on_the_way = Phase.DEGRADED if was_ready else Phase.UPDATING if app.serves else Phase.STARTING
    if obstacle is not None:
        waits = obstacle.reason == Reason.RESOURCES_SHORT and not app.serves
        phase = Phase.PENDING if waits else on_the_way
        return Standing(phase, obstacle.reason, f"{counted} {obstacle.message}", obstacle.hint)
    statuses = {deployment.status for deployment in app.deployments.values()}
    if was_ready and statuses <= UNTROUBLED and (ready >= target or statuses & RESIZING):
        message = f"{counted} Serve adjusts their number."
        return Standing(Phase.UPDATING, Reason.REPLICAS_STARTING, message)
    trouble = " ".join(deployment.message for deployment in app.deployments.values() if deployment.message)
    message = f"{counted} {trouble}".strip()
    if was_ready:
        return Standing(on_the_way, Reason.REPLICA_FAILED, message, f"aana logs {record.name}")
    return Standing(on_the_way, Reason.REPLICAS_STARTING, message)
