"""A Ray unit that answers what the test says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aanad.errors import ClusterUnavailable
from aanad.wire.manifest import DeploymentManifest, EndpointManifest, LoadFailure, LoadResult, ProjectManifest
from aanad.wire.unit import Download, EnvironmentResult, UnitState, UnitStatus, WorkerExit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.fakes.clock import FakeClock


class FakeUnit:
    """Ready from the start.

    `failures` names projects that cannot be read, `environment_failures` texts of requirements that cannot be
    installed.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.state: UnitState | None = UnitState.READY
        self.cold_starts = 1
        self.pid = 100
        self.failures: dict[str, LoadFailure] = {}
        self.environment_failures: dict[str, LoadFailure] = {}
        self.loaded_with: list[tuple[str, str | None, dict[str, str]]] = []
        """Of every load: the project, its environment and its secrets."""
        self.deployments: dict[str, list[str]] = {}
        self.num_cpus = 0.1
        """Of every deployment."""
        self.exits: list[WorkerExit] = []
        self.downloads: list[Download] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self._clock = clock

    def broken(self, message: str) -> LoadFailure:
        """A project that fails to import."""
        return LoadFailure(code="import_error", message=message, hint="Mend it.", traceback=["line 1"])

    def downloading(self, pid: int, name: str, received_bytes: int) -> None:
        """A replica receives a model."""
        self.downloads = [Download(pid=pid, name=name, received_bytes=received_bytes)]

    async def status(self) -> UnitStatus:
        if self.state is None:
            raise ClusterUnavailable("The Ray unit does not answer.")
        return UnitStatus(
            pid=self.pid,
            version="0",
            state=self.state,
            since=self._clock.now(),
            cold_starts=self.cold_starts,
            dashboard_url="http://ray",
            node_address="10.0.0.1",
            session_dir=f"/session{self.cold_starts}",
            exits=self.exits,
            downloads=self.downloads,
        )

    async def prepare(self, requirements: str) -> EnvironmentResult:
        if self.state is None:
            raise ClusterUnavailable("The Ray unit does not answer.")
        return EnvironmentResult(id="env1", failure=self.environment_failures.get(requirements))

    async def load(
        self,
        archive: Path,
        *,
        project: str,
        app: str | None,
        environment: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> LoadResult:
        self.loaded_with.append((project, environment, dict(secrets or {})))
        await self.hold.wait()
        if self.state is None:
            raise ClusterUnavailable("The Ray unit does not answer.")
        if project in self.failures:
            return LoadResult(failure=self.failures[project])
        names = self.deployments.get(project, ["model"])
        return LoadResult(
            manifest=ProjectManifest(
                name=project,
                app=f"{project}.{app or 'app:aana_app'}",
                endpoints=[EndpointManifest(name="run", path="/run", request_schema={}, response_schema={})],
                deployments=[
                    DeploymentManifest(
                        name=name, class_name="Model", replicas=1, max_replicas=1, num_cpus=self.num_cpus, num_gpus=0
                    )
                    for name in names
                ],
            )
        )
