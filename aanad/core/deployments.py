"""Where deployments and replicas stand, and why: the same phases as their project's, from what Serve says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.core.projects import Obstacle, Standing
from aanad.wire.phase import Phase, Reason

if TYPE_CHECKING:
    from aanad.core.records import ObservedDeployment, ObservedReplica


def deployment_standing(deployment: ObservedDeployment, obstacle: Obstacle | None, project: str) -> Standing:
    """Where one deployment stands.

    Args:
        deployment: as Serve reports it.
        obstacle: what keeps its replicas from being ready, where somebody found it out.
        project: its project's name, for the hints.
    """
    ready, target = deployment.ready, deployment.target_replicas
    counted = f"{ready} of {target} replicas are ready."
    hint = f"aana logs {project} --deployment {deployment.name}"
    message = f"{counted} {deployment.message}".strip()
    if obstacle is not None:
        phase = Phase.DEGRADED if ready else Phase.STARTING
        if obstacle.reason == Reason.RESOURCES_SHORT:
            phase = Phase.UPDATING if ready else Phase.PENDING
        return Standing(phase, obstacle.reason, f"{counted} {obstacle.message}", obstacle.hint)
    match deployment.status:
        case "HEALTHY":
            return Standing(Phase.RUNNING, Reason.READY)
        case "DEPLOY_FAILED":
            phase = Phase.DEGRADED if ready else Phase.FAILED
            return Standing(phase, Reason.DEPLOY_FAILED, message, hint)
        case "UNHEALTHY":
            return Standing(Phase.DEGRADED if ready else Phase.STARTING, Reason.REPLICA_FAILED, message, hint)
        case "UPDATING" | "UPSCALING" | "DOWNSCALING":
            return Standing(Phase.UPDATING if ready else Phase.STARTING, Reason.REPLICAS_STARTING, message)
        case _:
            return Standing(Phase.UNKNOWN, Reason.QUEUED, message)


def replica_standing(replica: ObservedReplica, obstacle: Obstacle | None) -> Standing:
    """Where one replica stands.

    Args:
        replica: as Serve reports it.
        obstacle: what keeps its deployment's new replicas from being ready.
    """
    match replica.state:
        case "RUNNING":
            return Standing(Phase.RUNNING, Reason.READY)
        case "STOPPING" | "PENDING_MIGRATION":
            return Standing(Phase.STOPPING, Reason.DRAINING, "It finishes its requests.")
        case "UPDATING":
            return Standing(Phase.UPDATING, Reason.REPLICAS_STARTING, "It takes over a new user_config.")
        case "STARTING" | "RECOVERING" if replica.pid is None:
            if obstacle is not None:
                return Standing(Phase.PENDING, obstacle.reason, obstacle.message, obstacle.hint)
            return Standing(Phase.PENDING, Reason.QUEUED, "Ray starts a process for it.")
        case "STARTING" | "RECOVERING":
            if obstacle is not None and obstacle.reason != Reason.RESOURCES_SHORT:
                return Standing(Phase.STARTING, obstacle.reason, obstacle.message, obstacle.hint)
            return Standing(Phase.STARTING, Reason.REPLICAS_STARTING, "It imports its code and loads its model.")
        case _:
            return Standing(Phase.UNKNOWN, Reason.QUEUED, f"Serve calls it {replica.state}.")
