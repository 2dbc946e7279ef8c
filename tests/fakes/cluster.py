"""Ray Serve in memory, with the manners that matter: builds that a PUT cancels, deletions that take a while.

Time passes by `step`: a build is done one step after its PUT, replicas are ready one step later, and what ends is gone
after one step. With surge, old replicas end when new ones are ready; without, they end first. A replica that finds no
room waits without a process.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from aanad.core.measurements import NodeReport
from aanad.core.placement import Demand, Held, place
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
    from pathlib import Path


@dataclass
class _App:
    config: ApplicationConfig
    deployments: dict[str, list[_Replica]] = field(default_factory=dict)
    status: str = "DEPLOYING"
    message: str = ""
    built: bool = False
    failed: bool = False


@dataclass
class _Replica:
    id: str
    number: int
    code: object
    """Replicas of other code are replaced."""
    state: str = "STARTING"
    is_placed: bool = False


class FakeCluster:
    """`broken` archives cannot be built, `failing` projects do not start; `refused` ones make Serve refuse the PUT."""

    def __init__(self) -> None:
        self.up = True
        self.puts: list[list[str]] = []
        self.cancelled_builds: list[str] = []
        self.archives: set[str] = set()
        self.lost_archives: set[str] = set()
        self.broken: dict[str, str] = {}
        self.failing: dict[str, str] = {}
        self.unready: set[str] = set()
        self.hanging: set[str] = set()
        self.refused: set[str] = set()
        self.unrouted: set[str] = set()
        self.deployments: dict[str, list[str]] = {}
        self.resources: dict[str, dict[str, float]] = {}
        """By deployment; 0.1 CPUs where not given."""
        self.foreign: dict[str, dict[str, Any]] = {}
        self.node_list = [NodeResources("node1", "10.0.0.1", {"CPU": 8.0, "memory": 64.0 * 1024**3})]
        self.reports: list[NodeReport] = []
        self.report_reads = 0
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
                self._move(name, app)

    def kill_replica(self, project: str, deployment: str) -> str:
        """A replica dies; Serve starts another one."""
        app = self._apps[project]
        dead = app.deployments[deployment].pop(0)
        app.status = "DEPLOYING"
        self._fill(project, app)
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
        self.cancelled_builds += [name for name, app in self._apps.items() if not app.built]
        names = {config.name for config in configs}
        for name, app in self._apps.items():
            if name not in names:
                app.status = "DELETING"
        for config in configs:
            self._tell(config)

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
            ("node1", replica.number): NodeProcess(pid=replica.number, rss_bytes=1024)
            for app in self._apps.values()
            for replicas in app.deployments.values()
            for replica in replicas
            if replica.is_placed and "node1" in set(nodes)
        }

    async def nodes(self) -> list[NodeResources]:
        self._check()
        return list(self.node_list)

    async def node_reports(self) -> list[NodeReport]:
        self._check()
        self.report_reads += 1
        return list(self.reports)

    async def last_lines(self, node_id: str, files: list[str], count: int) -> list[str]:
        self._check()
        names = [name for pattern in files for name in sorted(self.log_lines) if fnmatchcase(name, pattern.lstrip("/"))]
        lines = [line for name in dict.fromkeys(names) for line in self.log_lines[name][-count:]]
        return lines[-count:] if count > 0 else []

    def _tell(self, config: ApplicationConfig) -> None:
        known = self._apps.get(config.name)
        if known is None:
            self._apps[config.name] = _App(config)
        elif known.config != config or known.status == "DEPLOY_FAILED":
            is_built = known.built and _code(known.config) == _code(config) and known.status != "DEPLOY_FAILED"
            self._apps[config.name] = _App(config, known.deployments, built=is_built)
            if is_built:
                self._fill(config.name, self._apps[config.name])

    def _check(self) -> None:
        if not self.up:
            raise ClusterUnavailable("Ray's REST API does not answer.")

    def _build(self, name: str, app: _App) -> None:
        if name in self.hanging:
            return
        app.built = True
        if app.config.archive_uri in self.broken:
            app.status, app.message = "DEPLOY_FAILED", self.broken[app.config.archive_uri]
            return
        names = ["ingress", *self.deployments.get(name, ["model"])]
        app.deployments = {each: app.deployments.get(each, []) for each in names}
        self._fill(name, app)

    def _fill(self, name: str, app: _App) -> None:
        """Start what is missing, and where nothing may come up beside them, end the old ones first."""
        for deployment, replicas in app.deployments.items():
            options = app.config.overrides.get(deployment, {})
            old = [each for each in replicas if each.code != _code(app.config)]
            if not options.get("max_surge_percent"):
                for each in old:
                    each.state = "STOPPING"
            new = [each for each in replicas if each.code == _code(app.config) and each.state != "STOPPING"]
            target = _target(options)
            for each in new[target:]:
                each.state = "STOPPING"
            for _ in range(target - len(new)):
                self._next_id += 1
                replicas.append(_Replica(f"replica{self._next_id}", self._next_id, _code(app.config)))
        self._place(name, app)

    def _place(self, name: str, app: _App) -> None:
        for deployment, replicas in app.deployments.items():
            for each in [each for each in replicas if not each.is_placed]:
                demand = Demand(name, deployment, 1, self._resources(deployment))
                each.is_placed = place(self.node_list, self._held(), [demand]).fits

    def _move(self, name: str, app: _App) -> None:
        """Replicas that have a process become ready or fail; old ones end once they are not needed."""
        for replicas in app.deployments.values():
            replicas[:] = [each for each in replicas if each.state != "STOPPING"]
        if name in self.failing:
            for replicas in app.deployments.values():
                replicas[:] = [each for each in replicas if each.state == "RUNNING"]
            app.status, app.message, app.failed = "DEPLOY_FAILED", self.failing[name], True
            return
        self._place(name, app)
        for deployment, replicas in app.deployments.items():
            for each in replicas:
                if each.state == "STARTING" and each.is_placed and name not in self.unready:
                    each.state = "RUNNING"
            target = _target(app.config.overrides.get(deployment, {}))
            ready = [each for each in replicas if each.code == _code(app.config) and each.state == "RUNNING"]
            if len(ready) >= target:
                replicas[:] = ready[:target]
        if all(
            len(replicas) == _target(app.config.overrides.get(deployment, {}))
            and all(each.state == "RUNNING" and each.code == _code(app.config) for each in replicas)
            for deployment, replicas in app.deployments.items()
        ):
            app.status = "RUNNING"

    def _resources(self, deployment: str) -> dict[str, float]:
        return {} if deployment == "ingress" else self.resources.get(deployment, {"CPU": 0.1})

    def _held(self) -> list[Held]:
        return [
            Held(name, deployment, "node1", self._resources(deployment))
            for name, app in self._apps.items()
            for deployment, replicas in app.deployments.items()
            for each in replicas
            if each.is_placed
        ]

    def _observed(self, name: str, app: _App) -> ObservedApplication:
        if not app.built:
            return ObservedApplication(name, app.status, app.message, app.config, {"name": name}, {})
        status = {"RUNNING": "HEALTHY", "DEPLOY_FAILED": "DEPLOY_FAILED"}.get(app.status, "UPDATING")
        deployments = {
            key: ObservedDeployment(
                key,
                status,
                app.message if app.failed else "",
                _target(app.config.overrides.get(key, {})),
                app.config.archive_uri,
                tuple(_observed_replica(each) for each in replicas),
                self._resources(key),
            )
            for key, replicas in app.deployments.items()
        }
        return ObservedApplication(name, app.status, app.message, app.config, {"name": name}, deployments)


def _target(options: dict[str, Any]) -> int:
    autoscaling = options.get("autoscaling_config")
    return int(autoscaling["min_replicas"] if autoscaling else options.get("num_replicas", 1))


def _code(config: ApplicationConfig) -> object:
    """What Serve replaces every replica for; how many deployments have a range belongs to it."""
    ranges = sum("autoscaling_config" in options for options in config.overrides.values())
    return replace(config, overrides={}, route_prefix=str(ranges))


def _observed_replica(replica: _Replica) -> ObservedReplica:
    if not replica.is_placed:
        return ObservedReplica(replica.id, None, None, None, None, replica.state, None, None)
    number = replica.number
    log_file = f"/serve/{replica.id}.log"
    return ObservedReplica(replica.id, "node1", "10.0.0.1", f"worker{number}", number, replica.state, None, log_file)
