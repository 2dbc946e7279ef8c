"""Ray Serve in memory, with the manners that matter: builds that a PUT cancels, deletions that take a while.

Time passes by `step`: a build is done one step after its PUT, replicas are ready one step later, and a deleted
application is gone after one step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from aanad.core.records import (
    ApplicationConfig,
    NodeProcess,
    NodeResources,
    ObservedApplication,
    ObservedCluster,
    ObservedDeployment,
    ObservedReplica,
)
from aanad.errors import ClusterUnavailable, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path


@dataclass
class _App:
    config: ApplicationConfig
    deployments: dict[str, ObservedDeployment] = field(default_factory=dict)
    status: str = "DEPLOYING"
    message: str = ""
    built: bool = False


class FakeCluster:
    """`broken` archives cannot be built; `refused` projects make Serve refuse the whole PUT."""

    def __init__(self) -> None:
        self.up = True
        self.puts: list[list[str]] = []
        self.cancelled_builds: list[str] = []
        self.archives: set[str] = set()
        self.lost_archives: set[str] = set()
        self.broken: dict[str, str] = {}
        self.unready: set[str] = set()
        self.hanging: set[str] = set()
        self.refused: set[str] = set()
        self.unrouted: set[str] = set()
        self.deployments: dict[str, list[str]] = {}
        self.foreign: dict[str, dict[str, Any]] = {}
        self.node_list = [NodeResources("node1", "10.0.0.1", {"CPU": 8.0, "memory": 64.0 * 1024**3})]
        self.log_lines: dict[str, list[str]] = {}
        self._apps: dict[str, _App] = {}
        self._serve_runs = False
        self._next_id = 0

    def step(self) -> None:
        """Let Serve do the next thing."""
        for name, app in list(self._apps.items()):
            if app.status == "DELETING":
                del self._apps[name]
            elif not app.built:
                self._build(name, app)
            elif app.status == "DEPLOYING":
                self._start_replicas(name, app)

    def kill_replica(self, project: str, deployment: str) -> str:
        """A replica dies; Serve starts another one."""
        app = self._apps[project]
        dead = app.deployments[deployment].replicas[0]
        starting = replace(self._replica(), state="STARTING")
        app.deployments[deployment] = replace(app.deployments[deployment], replicas=(starting,), status="UNHEALTHY")
        app.status = "DEPLOYING"
        return dead.id

    def cold_start(self) -> None:
        """Everything is gone."""
        self._apps.clear()
        self._serve_runs = False
        self.archives.clear()

    async def observe(self) -> ObservedCluster:
        self._check()
        apps = {name: self._observed(name, app) for name, app in self._apps.items()}
        for name, raw in self.foreign.items():
            apps[name] = ObservedApplication(name, "RUNNING", "", None, raw, {})
        return ObservedCluster(serve_runs=self._serve_runs, applications=apps)

    async def apply(self, configs: list[ApplicationConfig], foreign: list[dict[str, Any]]) -> None:
        self._check()
        for config in configs:
            if config.name in self.refused:
                raise Failed(f"Ray refused: {config.name}")
            assert config.archive_uri in self.archives, "an archive must be there before it is named"
        self._serve_runs = True
        self.puts.append(sorted(config.name for config in configs))
        self.foreign = {document["name"]: document for document in foreign}
        wanted = {config.name: config for config in configs}
        for name, app in self._apps.items():
            if name not in wanted:
                if not app.built:
                    self.cancelled_builds.append(name)
                app.status = "DELETING"
        for name, config in wanted.items():
            known = self._apps.get(name)
            if known is not None and not known.built:
                self.cancelled_builds.append(name)
            if known is None or known.status == "DEPLOY_FAILED":
                self._apps[name] = _App(config)
            elif known.config != config:
                self._apps[name] = replace(known, config=config, status="DEPLOYING", built=False)

    async def leads_to(self, prefix: str, project: str) -> bool:
        """Requests arrive unless the test holds them back."""
        return project not in self.unrouted

    async def ensure_archive(self, uri: str, archive: Path) -> None:
        self._check()
        if str(archive) in self.lost_archives and uri not in self.archives:
            raise Failed("The archive of the revision cannot be read.", code="archive_missing")
        self.archives.add(uri)

    async def node_processes(self, nodes: Iterable[str]) -> Mapping[tuple[str, int], NodeProcess]:
        self._check()
        return {
            (replica.node_id or "", replica.pid or 0): NodeProcess(pid=replica.pid or 0, rss_bytes=1024)
            for app in self._apps.values()
            for deployment in app.deployments.values()
            for replica in deployment.replicas
            if replica.node_id in set(nodes)
        }

    async def nodes(self) -> list[NodeResources]:
        self._check()
        return list(self.node_list)

    async def last_lines(self, node_id: str, files: list[str], count: int) -> list[str]:
        self._check()
        names = [name for pattern in files for name in sorted(self.log_lines) if fnmatchcase(name, pattern.lstrip("/"))]
        lines = [line for name in dict.fromkeys(names) for line in self.log_lines[name][-count:]]
        return lines[-count:] if count > 0 else []

    def _check(self) -> None:
        if not self.up:
            raise ClusterUnavailable("Ray's REST API does not answer.")

    def _build(self, name: str, app: _App) -> None:
        if name in self.hanging:
            return
        if app.config.archive_uri in self.broken:
            app.status, app.message, app.built = "DEPLOY_FAILED", self.broken[app.config.archive_uri], True
            return
        app.built = True
        app.deployments = {
            each: ObservedDeployment(
                each,
                "UPDATING",
                "",
                1,
                app.config.archive_uri,
                (replace(self._replica(), state="STARTING"),),
                {} if each == "ingress" else {"CPU": 0.1},
            )
            for each in ["ingress", *self.deployments.get(name, ["model"])]
        }

    def _start_replicas(self, name: str, app: _App) -> None:
        if name in self.unready:
            return
        app.status = "RUNNING"
        app.deployments = {
            key: replace(d, status="HEALTHY", replicas=tuple(replace(r, state="RUNNING") for r in d.replicas))
            for key, d in app.deployments.items()
        }

    def _replica(self, started_at: datetime | None = None) -> ObservedReplica:
        self._next_id += 1
        return ObservedReplica(
            f"replica{self._next_id}", "node1", "10.0.0.1", f"worker{self._next_id}", self._next_id, "RUNNING",
            started_at, None,
        )  # fmt: skip

    def _observed(self, name: str, app: _App) -> ObservedApplication:
        raw = {"name": name}
        return ObservedApplication(name, app.status, app.message, app.config, raw, dict(app.deployments))
