"""The whole core on fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from aanad.core.commands import Commands
from aanad.core.deploy import Deploy
from aanad.core.events import Events
from aanad.core.observation import Observation
from aanad.core.operations import Operations
from aanad.core.overview import Overview
from aanad.core.progress import Progress
from aanad.core.reconciler import Deadlines, Reconciler
from aanad.wire.operations import Operation
from aanad.wire.projects import ProjectDetail
from tests.fakes.archives import FakeArchives
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.store import MemoryStore
from tests.fakes.unit import FakeUnit


@dataclass
class Box:
    """One simulated box: the core and its fakes."""

    store: MemoryStore
    cluster: FakeCluster
    unit: FakeUnit
    archives: FakeArchives
    clock: FakeClock
    observation: Observation
    events: Events
    operations: Operations
    reconciler: Reconciler
    deploys: Deploy
    commands: Commands
    overview: Overview

    async def upload(self, project: str, content: str = "v1", **options: object) -> Operation:
        """Begin to deploy a project, and have it read."""

        async def chunks() -> AsyncIterator[bytes]:
            yield f"{project}\n{content}".encode()

        operation = await self.deploys.upload(project, chunks(), actor="ann", **options)  # type: ignore[arg-type]
        await self.read_out()
        return operation

    async def read_out(self) -> None:
        """Wait until the loader has answered for every deploy."""
        while self.deploys._loading and self.unit.hold.is_set():
            await next(iter(self.deploys._loading))

    async def settle(self, rounds: int = 8) -> None:
        """Let the reconciler and Serve work until nothing more happens."""
        for _ in range(rounds):
            await self.reconciler.tick()
            self.cluster.step()
            self.clock.advance(1)
        await self.reconciler.tick()

    async def deploy(self, project: str, content: str = "v1", **options: object) -> Operation:
        """Deploy a project and give its operation as it ended."""
        operation = await self.upload(project, content, **options)
        await self.settle()
        return await self.operations.get(operation.id)

    async def project(self, name: str) -> ProjectDetail:
        """A project as the API shows it."""
        return await self.overview.project(name)

    async def standing(self, name: str) -> tuple[str, str]:
        """Its phase and reason."""
        project = await self.project(name)
        return project.phase, project.reason

    async def event_types(self, project: str | None = None) -> list[str]:
        """What happened, in order."""
        return [event.type for event in await self.events.list(project=project, limit=1000)]


@pytest.fixture
def box() -> Box:
    """A box with Ray up and no projects."""
    return make_box(MemoryStore(), FakeCluster(), FakeClock())


def make_box(store: MemoryStore, cluster: FakeCluster, clock: FakeClock) -> Box:
    """A core over this store and this cluster; a second one over the same is a restarted daemon."""
    unit = FakeUnit(clock)
    archives = FakeArchives()
    observation = Observation()
    events = Events(store, clock)
    operations = Operations(store, clock, events)
    progress = Progress(store=store, archives=archives, operations=operations, observation=observation, routes=cluster)
    reconciler = Reconciler(
        store=store,
        cluster=cluster,
        unit=unit,
        archives=archives,
        operations=operations,
        progress=progress,
        events=events,
        clock=clock,
        observation=observation,
        deadlines=Deadlines(build_s=60, ready_s=600),
    )
    return Box(
        store=store,
        cluster=cluster,
        unit=unit,
        archives=archives,
        clock=clock,
        observation=observation,
        events=events,
        operations=operations,
        reconciler=reconciler,
        deploys=Deploy(
            store=store, unit=unit, archives=archives, operations=operations, reconciler=reconciler, clock=clock
        ),
        commands=Commands(store=store, operations=operations, reconciler=reconciler),
        overview=Overview(
            store=store, observation=observation, cluster=cluster, clock=clock, serve_url="http://box:8000"
        ),
    )
