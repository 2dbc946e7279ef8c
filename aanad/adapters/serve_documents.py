"""Serve's REST documents to and from the core's records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aanad.adapters.ray_nodes import schedulable
from aanad.core.records import (
    ApplicationConfig,
    ObservedApplication,
    ObservedCluster,
    ObservedDeployment,
    ObservedReplica,
)
from aanad.wire.manifest import SERVE_IMPORT_PATH

Document = dict[str, Any]
OVERRIDES = (
    "num_replicas", "autoscaling_config", "max_ongoing_requests", "user_config", "ray_actor_options",
    "max_surge_percent",
)  # fmt: skip


ENVIRONMENT_TIMEOUT_S = 1800
"""Ray's own limit of 600 s is short for torch over a slow line; a build that hangs is ended by the daemon."""


def config_document(configs: list[ApplicationConfig], foreign: list[Document], http_options: Document) -> Document:
    """The body of the PUT."""
    return {
        "http_options": http_options,
        "logging_config": {"encoding": "JSON", "enable_access_log": False},
        "applications": [_application_document(config) for config in configs] + foreign,
    }


def observed_cluster(document: Document) -> ObservedCluster:
    """The answer of the GET."""
    return Readings().cluster(document)


class Readings:
    """Turns answers of the GET into records; what an application says again is not turned again.

    With hundreds of replicas that is most of a look's cost, and between two looks hardly anything changes.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Document, ObservedApplication]] = {}

    def cluster(self, document: Document) -> ObservedCluster:
        """All applications."""
        self._known = {
            name: self._read(name, application) for name, application in (document.get("applications") or {}).items()
        }
        return ObservedCluster(
            serve_runs=bool(document.get("controller_info", {}).get("actor_id")),
            applications={name: application for name, (_, application) in self._known.items()},
        )

    def _read(self, name: str, document: Document) -> tuple[Document, ObservedApplication]:
        known = self._known.get(name)
        return known if known is not None and known[0] == document else (document, _application(name, document))


def _application_document(config: ApplicationConfig) -> Document:
    runtime_env: Document = {"working_dir": config.archive_uri}
    if config.env:
        runtime_env["env_vars"] = config.env
    if config.requirements:
        # Without Ray's --no-cache-dir: what the unit installed to read the project is not downloaded again.
        runtime_env["pip"] = {
            "packages": list(config.requirements),
            "pip_install_options": ["--disable-pip-version-check"],
        }
        runtime_env["config"] = {"setup_timeout_seconds": ENVIRONMENT_TIMEOUT_S}
    return {
        "name": config.name,
        "route_prefix": config.route_prefix,
        "import_path": config.import_path,
        "args": config.args,
        "runtime_env": runtime_env,
        "deployments": [{"name": name, **options} for name, options in config.overrides.items()],
    }


def _application_config(document: Document) -> ApplicationConfig | None:
    if document.get("import_path") != SERVE_IMPORT_PATH:
        return None
    runtime_env = document.get("runtime_env") or {}
    return ApplicationConfig(
        name=document["name"],
        route_prefix=document.get("route_prefix") or "",
        import_path=document["import_path"],
        archive_uri=runtime_env.get("working_dir", ""),
        args=document.get("args") or {},
        env=runtime_env.get("env_vars") or {},
        requirements=tuple((runtime_env.get("pip") or {}).get("packages") or ()),
        overrides={
            deployment["name"]: {key: deployment[key] for key in OVERRIDES if deployment.get(key) is not None}
            for deployment in document.get("deployments") or []
        },
    )


def _application(name: str, document: Document) -> ObservedApplication:
    raw = document.get("deployed_app_config")
    deployments = document.get("deployments") or {}
    return ObservedApplication(
        name=name,
        status=document["status"],
        message=document.get("message") or "",
        config=_application_config(raw) if raw else None,
        raw_config=raw,
        deployments={key: _deployment(key, deployment) for key, deployment in deployments.items()},
    )


def _deployment(name: str, document: Document) -> ObservedDeployment:
    config = document.get("deployment_config") or {}
    options = config.get("ray_actor_options") or {}
    return ObservedDeployment(
        name=name,
        status=document["status"],
        message=document.get("message") or "",
        target_replicas=document.get("target_num_replicas") or 0,
        archive_uri=(options.get("runtime_env") or {}).get("working_dir"),
        replicas=tuple(_replica(replica) for replica in document.get("replicas") or []),
        dead=tuple(_replica(replica) for replica in document.get("recent_dead_replicas") or []),
        resources=_resources(document, config),
    )


def _resources(document: Document, config: Document) -> dict[str, float]:
    """What one replica asks for; a replica with a placement group asks for all its bundles."""
    bundles = config.get("placement_group_bundles")
    if not bundles:
        return schedulable(document.get("required_resources") or {})
    total: dict[str, float] = {}
    for bundle in bundles:
        for name, value in bundle.items():
            total[name] = total.get(name, 0.0) + value
    return schedulable(total)


def _replica(document: Document) -> ObservedReplica:
    started = document.get("start_time_s")
    return ObservedReplica(
        id=document["replica_id"],
        node_id=document.get("node_id"),
        node_address=document.get("node_ip"),
        worker_id=document.get("worker_id"),
        pid=document.get("pid"),
        state=document["state"],
        started_at=datetime.fromtimestamp(started, UTC) if started else None,
        log_file=document.get("log_file_path"),
    )
