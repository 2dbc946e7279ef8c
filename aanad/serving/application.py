"""`build`: from a project's app to its Serve application; Serve calls it once for each revision."""

from __future__ import annotations

from typing import Any, cast

from aanad.sdk import sealed_secrets
from aanad.sdk.deployment import HEALTH_CHECK_PERIOD_S
from aanad.sdk.loading import find_app
from aanad.serving.ingress import Ingress
from aanad.wire.manifest import INGRESS_DEPLOYMENT

INGRESS_MAX_ONGOING_REQUESTS = 1000
INGRESS_ENV = {
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1",
}


def build(args: dict[str, str]) -> Any:
    """Build the application of ``{"project": "lowercase", "app": "lowercase.app:aana_app"}``.

    ``app`` may be left out; other keys are there to make Serve build again, and are not read.
    """
    sealed_secrets.check_installed()
    project = args["project"]
    app = args.get("app")
    import_path, found = find_app(project, app.removeprefix(f"{project}.") if app else None)
    deployments = {name: registered.serve_deployment.bind() for name, registered in found.deployments.items()}
    return ingress_deployment().bind(project, import_path, deployments)


def ingress_deployment() -> Any:
    """The deployment that answers HTTP; it costs no CPU of Ray's, and takes nothing from the building process."""
    from ray import serve

    wrapped = cast("Any", serve.ingress())(Ingress)
    return serve.deployment(
        wrapped,
        name=INGRESS_DEPLOYMENT,
        max_ongoing_requests=INGRESS_MAX_ONGOING_REQUESTS,
        health_check_period_s=HEALTH_CHECK_PERIOD_S,
        ray_actor_options={"num_cpus": 0, "runtime_env": {"env_vars": dict(INGRESS_ENV)}},
        logging_config={"encoding": "JSON", "enable_access_log": False},
    )
