"""From a project and its revision to what Serve is told; nothing that may change while it runs goes into `args`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aanad.core.records import ApplicationConfig
from aanad.wire.manifest import DEPLOYMENT_ENV, INGRESS_DEPLOYMENT, SERVE_IMPORT_PATH

if TYPE_CHECKING:
    from aanad.core.records import ProjectRecord, RevisionRecord
    from aanad.wire.manifest import DeploymentManifest
    from aanad.wire.project_file import DeploymentOverride


def archive_uri(digest: str) -> str:
    """The name under which the cluster keeps an archive; Ray wants 16 hexadecimal digits in it."""
    return f"gcs://_ray_pkg_{digest[:16]}.zip"


def application_config(project: ProjectRecord, revision: RevisionRecord) -> ApplicationConfig:
    """What Serve must be told so that this revision of the project runs.

    A change of `import_path`, `archive_uri`, `args` or `env` makes Serve replace every replica of the project, so
    only what should do that is in them: the files, the app's path, the environment and the restart counter.
    """
    args: dict[str, Any] = {"project": project.name, "app": revision.manifest.app}
    if project.restarts:
        args["restart"] = project.restarts
    return ApplicationConfig(
        name=project.name,
        route_prefix=revision.route_prefix,
        import_path=SERVE_IMPORT_PATH,
        archive_uri=archive_uri(revision.archive),
        args=args,
        env=dict(revision.file.env),
        overrides={name: _overrides(name, revision) for name in sorted(_deployment_names(revision))},
    )


def _deployment_names(revision: RevisionRecord) -> set[str]:
    """All of them: Serve gives the application's environment only to deployments that its configuration names."""
    return {INGRESS_DEPLOYMENT, *(deployment.name for deployment in revision.manifest.deployments)}


def _overrides(name: str, revision: RevisionRecord) -> dict[str, Any]:
    for deployment in revision.manifest.deployments:
        if deployment.name == name and (override := revision.file.deployments.get(name)):
            return _serve_options(deployment, override)
    return {}


def _serve_options(deployment: DeploymentManifest, override: DeploymentOverride) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if override.replicas is not None:
        options["num_replicas"] = override.replicas
    if override.autoscaling is not None:
        options["autoscaling_config"] = override.autoscaling.model_dump(exclude_none=True)
    if override.max_ongoing_requests is not None:
        options["max_ongoing_requests"] = override.max_ongoing_requests
    if override.user_config is not None:
        options["user_config"] = override.user_config
    if override.num_cpus is not None or override.num_gpus is not None:
        options["ray_actor_options"] = _actor_options(deployment, override)
    return options


def _actor_options(deployment: DeploymentManifest, override: DeploymentOverride) -> dict[str, Any]:
    """Serve takes the resources of a deployment only as a whole, so what is not overridden is repeated."""
    options: dict[str, Any] = {
        "num_cpus": deployment.num_cpus if override.num_cpus is None else override.num_cpus,
        "num_gpus": deployment.num_gpus if override.num_gpus is None else override.num_gpus,
        "runtime_env": {"env_vars": dict(DEPLOYMENT_ENV)},
    }
    if deployment.memory_bytes is not None:
        options["memory"] = deployment.memory_bytes
    if deployment.resources:
        options["resources"] = deployment.resources
    return options
