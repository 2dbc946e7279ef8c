"""From a project and its revision to what Serve is told; nothing that may change while it runs goes into `args`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aanad.core.records import ApplicationConfig
from aanad.core.sizes import wanted_deployments
from aanad.wire.manifest import DEPLOYMENT_ENV, INGRESS_DEPLOYMENT, SERVE_IMPORT_PATH
from aanad.wire.secrets import SEALED_VARIABLE

if TYPE_CHECKING:
    from aanad.core.records import ProjectRecord, RevisionRecord
    from aanad.wire.manifest import DeploymentManifest
    from aanad.wire.project_file import DeploymentOverride
    from aanad.wire.requests import RequestRules

SURGE_PERCENT = 100
"""As many new replicas as there are old ones may come up beside them."""
WORKER_HOOK_VARIABLE = "__RAY_WORKER_PROCESS_SETUP_HOOK_ENV_VAR"
"""Names what Ray's workers run before anything else; set directly, because Serve's REST API has no word for it."""


def archive_uri(digest: str) -> str:
    """The name under which the cluster keeps an archive; Ray wants 16 hexadecimal digits in it."""
    return f"gcs://_ray_pkg_{digest[:16]}.zip"


def application_config(
    project: ProjectRecord, revision: RevisionRecord, rules: RequestRules, sealed: str | None = None
) -> ApplicationConfig:
    """What Serve must be told so that this revision of the project runs.

    A change of `import_path`, `archive_uri`, `args`, `env` or `requirements` makes Serve replace every replica of the
    project, so only what should do that is in them: the files, the app's path, the environment and the restart counter.

    Args:
        project: what is desired.
        revision: its active revision.
        rules: what the operator lets endpoints take from clients; the ingress takes over new ones as it runs.
        sealed: its secrets, sealed for its replicas.
    """
    args: dict[str, Any] = {"project": project.name, "app": revision.manifest.app}
    env = dict(revision.file.env)
    if project.restarts:
        args["restart"] = project.restarts
        env["AANA_RESTART"] = str(project.restarts)
    if sealed is not None:
        env |= {
            SEALED_VARIABLE: sealed,
            "AANA_PROJECT": project.name,
            WORKER_HOOK_VARIABLE: "aanad.sdk.sealed_secrets.install",
        }
    return ApplicationConfig(
        name=project.name,
        route_prefix=revision.route_prefix,
        import_path=SERVE_IMPORT_PATH,
        archive_uri=archive_uri(revision.archive),
        args=args,
        env=env,
        overrides=_overrides(project, revision, rules),
        requirements=tuple(requirement_lines(revision.requirements)),
    )


def requirement_lines(text: str | None) -> list[str]:
    """The lines of a ``requirements.txt`` that say something."""
    lines = [line.strip() for line in (text or "").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _overrides(project: ProjectRecord, revision: RevisionRecord, rules: RequestRules) -> dict[str, dict[str, Any]]:
    """All deployments: Serve gives the application's environment only to those that its configuration names."""
    manifests = {deployment.name: deployment for deployment in revision.manifest.deployments}
    overrides = {}
    for name, wanted in sorted(wanted_deployments(revision, project.scale).items()):
        options = dict(wanted.options)
        override = revision.file.deployments.get(name)
        if name in manifests and override and (override.num_cpus is not None or override.num_gpus is not None):
            options["ray_actor_options"] = _actor_options(manifests[name], override)
        if name == INGRESS_DEPLOYMENT:
            options["user_config"] = {"requests": revision.file.requests.over(rules).model_dump(mode="json")}
        options["max_surge_percent"] = 0 if name in project.gaps else SURGE_PERCENT
        overrides[name] = options
    return overrides


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
