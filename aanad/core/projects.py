"""A project's state machine: from what is wanted and what is observed to a phase with its reason.

stopped ──start──► pending ──► starting ──► running ◄──► updating
   ▲                                │        │  ▲
   └────────── stopping ◄──stop─────┴────────┘  └──► degraded
                                    └──► failed (until start or deploy)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aanad.wire.phase import Phase, Reason

if TYPE_CHECKING:
    from aanad.core.records import ApplicationConfig, ObservedApplication, ProjectRecord


@dataclass(frozen=True)
class ClusterView:
    """What the state machine must know of the cluster."""

    reachable: bool
    starting: bool
    message: str = ""
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
) -> Standing:
    """Where a project stands.

    Args:
        record: what the operator wants.
        wanted: what Serve must be told of it; None where it must not serve.
        app: what Serve says of it; None where Serve does not have it.
        cluster: whether `app` can be relied on.
        was_ready: whether all replicas of `wanted` have been ready before.
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
        return Standing(Phase.PENDING, Reason.QUEUED, "It is about to be given to Ray Serve.")
    if app.status == "DELETING":
        return Standing(Phase.PENDING, Reason.DRAINING, "Its former replicas finish their requests first.")
    return _wanted_and_there(record, wanted, app, was_ready=was_ready)


def _not_wanted(record: ProjectRecord, app: ObservedApplication | None) -> Standing:
    if app is not None:
        return Standing(Phase.STOPPING, Reason.DRAINING, "Its replicas finish their requests.")
    if record.good_revision is None:
        return Standing(Phase.STOPPED, Reason.NEVER_STARTED, "", f"aana start {record.name}")
    return Standing(Phase.STOPPED, Reason.STOPPED_BY_OPERATOR, "", f"aana start {record.name}")


def _wanted_and_there(
    record: ProjectRecord, wanted: ApplicationConfig, app: ObservedApplication, *, was_ready: bool
) -> Standing:
    ready = sum(deployment.ready for deployment in app.deployments.values())
    target = sum(deployment.target_replicas for deployment in app.deployments.values())
    serves = bool(app.deployments) and all(deployment.ready for deployment in app.deployments.values())
    if app.config != wanted:
        message = "It waits until Serve has finished a build."
        return Standing(Phase.UPDATING if serves else Phase.PENDING, Reason.QUEUED, message)
    if not app.is_built:
        message = "Serve imports its code."
        return Standing(Phase.UPDATING if serves else Phase.STARTING, Reason.BUILDING, message)
    if app.status == "RUNNING" and ready >= target:
        if record.failure is not None:
            return Standing(Phase.RUNNING, Reason.REVISION_FAILED, record.failure.message, record.failure.hint)
        return Standing(Phase.RUNNING, Reason.READY)
    trouble = " ".join(deployment.message for deployment in app.deployments.values() if deployment.message)
    counted = f"{ready} of {target} replicas are ready."
    if was_ready:
        message = f"{counted} {trouble}".strip()
        return Standing(Phase.DEGRADED, Reason.REPLICA_FAILED, message, f"aana logs {record.name}")
    if "taken more than" in trouble and "scheduled" in trouble:
        hint = "Stop another project, or ask for less in project.toml: aana replicas shows who holds what."
        return Standing(Phase.PENDING, Reason.RESOURCES_SHORT, f"{counted} {trouble}", hint)
    message = f"{counted} {trouble}".strip()
    return Standing(Phase.UPDATING if serves else Phase.STARTING, Reason.REPLICAS_STARTING, message)
