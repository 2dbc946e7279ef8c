"""How many replicas a deployment shall have: by the code, by ``project.toml``, by an operator; the last one wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aanad.wire.manifest import INGRESS_DEPLOYMENT, DeploymentManifest

if TYPE_CHECKING:
    from aanad.core.records import RevisionRecord
    from aanad.wire.project_file import DeploymentOverride
    from aanad.wire.projects import Scale

INGRESS = DeploymentManifest(
    name=INGRESS_DEPLOYMENT, class_name="Ingress", replicas=1, max_replicas=1, num_cpus=0, num_gpus=0
)
"""What every project has beside its own deployments."""


@dataclass(frozen=True)
class Size:
    """A fixed number of replicas, where both are the same, or a range."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least}..{self.most}"


@dataclass(frozen=True)
class Wanted:
    """One deployment as it shall run."""

    name: str
    size: Size
    resources: dict[str, float]
    """What one replica asks for, in Ray's names."""
    options: dict[str, Any]
    """What Serve must be told of it beyond the code, in Serve's names."""
    user_config: dict[str, Any] | None


def wanted_deployments(revision: RevisionRecord, scale: dict[str, Scale]) -> dict[str, Wanted]:
    """All deployments of a revision, the ingress among them, by name."""
    return {
        deployment.name: _wanted(deployment, revision.file.deployments.get(deployment.name), scale.get(deployment.name))
        for deployment in (INGRESS, *revision.manifest.deployments)
    }


def is_resized_in_place(before: dict[str, Wanted], after: dict[str, Wanted]) -> bool:
    """Whether other numbers leave the replicas that run alone.

    Serve counts the deployments with a range into the version of a project's code (ray.serve 2.60,
    ``get_app_code_version``), so going from a number to a range, or back, replaces every replica of the project.
    """
    ranges = [sum("autoscaling_config" in each.options for each in wanted.values()) for wanted in (before, after)]
    return ranges[0] == ranges[1]


def kept_scale(revision: RevisionRecord, scale: dict[str, Scale]) -> dict[str, Scale]:
    """The part of an operator's numbers that is for deployments which this revision has."""
    names = {INGRESS_DEPLOYMENT, *(deployment.name for deployment in revision.manifest.deployments)}
    return {name: each for name, each in scale.items() if name in names}


def _wanted(deployment: DeploymentManifest, override: DeploymentOverride | None, scale: Scale | None) -> Wanted:
    options: dict[str, Any] = {}
    size = Size(deployment.replicas, deployment.max_replicas)
    if override is not None and (override.replicas is not None or override.autoscaling is not None):
        given = override.autoscaling.model_dump(exclude_none=True) if override.autoscaling else None
        size, options = _sized(deployment, override.replicas, given)
    if scale is not None:
        given = None
        if scale.max_replicas is not None:
            given = {"min_replicas": 1 if scale.min_replicas is None else scale.min_replicas}
            given["max_replicas"] = scale.max_replicas
            if scale.target_ongoing_requests is not None:
                given["target_ongoing_requests"] = scale.target_ongoing_requests
        size, options = _sized(deployment, scale.replicas, given)
    num_cpus, num_gpus = deployment.num_cpus, deployment.num_gpus
    if override is not None:
        num_cpus = num_cpus if override.num_cpus is None else override.num_cpus
        num_gpus = num_gpus if override.num_gpus is None else override.num_gpus
        if override.max_ongoing_requests is not None:
            options["max_ongoing_requests"] = override.max_ongoing_requests
        if override.user_config is not None:
            options["user_config"] = override.user_config
    resources = {"CPU": num_cpus, "GPU": num_gpus, "memory": float(deployment.memory_bytes or 0)}
    resources |= deployment.resources
    return Wanted(
        name=deployment.name,
        size=size,
        resources={name: amount for name, amount in resources.items() if amount},
        options=options,
        user_config=override.user_config if override else None,
    )


def _sized(
    deployment: DeploymentManifest, replicas: int | None, autoscaling: dict[str, Any] | None
) -> tuple[Size, dict[str, Any]]:
    if replicas is None:
        given = autoscaling or {}
        return Size(given["min_replicas"], given["max_replicas"]), {"autoscaling_config": given}
    if deployment.autoscaling:
        # Serve goes on scaling what the code lets it scale, so a fixed number is a range of one.
        fixed = {"min_replicas": replicas, "max_replicas": replicas}
        return Size(replicas, replicas), {"autoscaling_config": fixed}
    return Size(replicas, replicas), {"num_replicas": replicas}
