"""The whole core on fakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from aanad.core.cancelling import Cancelling
from aanad.core.commands import Commands
from aanad.core.deadlines import Deadlines
from aanad.core.deploy import Deploy
from aanad.core.events import Events
from aanad.core.hardware import Hardware
from aanad.core.hosts import Hosts
from aanad.core.node_reports import NodeReports
from aanad.core.observation import Observation
from aanad.core.operations import Operations
from aanad.core.overview import Overview
from aanad.core.plans import Plans
from aanad.core.progress import Progress
from aanad.core.reading import Reading
from aanad.core.reconciler import Reconciler
from aanad.core.records import EventQuery
from aanad.core.requests import Requests
from aanad.core.revisions import Revisions
from aanad.core.rooms import Rooms
from aanad.core.sampling import Sampling
from aanad.core.secret_changes import SecretChanges
from aanad.wire.operations import Operation
from aanad.wire.projects import ProjectDetail
from aanad.wire.requests import RequestRules
from tests.fakes.archives import FakeArchives
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.counts import FakeCountsFiles
from tests.fakes.hardware import FakeGpus, FakeMachine, FakeProcesses
from tests.fakes.secrets import FakeSecrets
from tests.fakes.store import MemoryStore
from tests.fakes.unit import FakeUnit

KEPT_REVISIONS = 3


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
    cancelling: Cancelling
    revisions: Revisions
    plans: Plans
    secrets: FakeSecrets
    secret_changes: SecretChanges
    overview: Overview
    counts: FakeCountsFiles
    requests: Requests
    machine: FakeMachine
    gpus: FakeGpus
    processes: FakeProcesses
    sampling: Sampling
    hardware: Hardware

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
            await asyncio.wait(set(self.deploys._loading.values()))

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

    def ask_for(self, cpus: float) -> None:
        """What replicas of every model ask for from now on."""
        self.unit.num_cpus = cpus
        self.cluster.resources["model"] = {"CPU": cpus}

    async def project(self, name: str) -> ProjectDetail:
        """A project as the API shows it."""
        return await self.overview.project(name)

    async def standing(self, name: str) -> tuple[str, str]:
        """Its phase and reason."""
        project = await self.project(name)
        return project.phase, project.reason

    async def event_types(self, project: str | None = None) -> list[str]:
        """What happened, in order."""
        return [event.type for event in await self.events.list(EventQuery((project,) if project else ()), limit=1000)]


@pytest.fixture
def box() -> Box:
    """A box with Ray up and no projects."""
    return make_box(MemoryStore(), FakeCluster(), FakeClock())


def make_box(store: MemoryStore, cluster: FakeCluster, clock: FakeClock) -> Box:
    """A core over this store and this cluster; a second one over the same is a restarted daemon."""
    unit = FakeUnit(clock)
    archives = FakeArchives()
    observation = Observation()
    secrets = FakeSecrets()
    events = Events(store, clock)
    operations = Operations(store, clock, events)
    progress = Progress(
        store=store,
        archives=archives,
        secrets=secrets,
        operations=operations,
        observation=observation,
        routes=cluster,
    )
    revisions = Revisions(
        store=store, archives=archives, operations=operations, events=events, clock=clock, keep=KEPT_REVISIONS
    )
    rooms = Rooms(cluster=cluster, observation=observation)
    reading = Reading(store=store, unit=unit, archives=archives, secrets=secrets, clock=clock)
    reconciler = Reconciler(
        store=store,
        cluster=cluster,
        unit=unit,
        archives=archives,
        secrets=secrets,
        operations=operations,
        progress=progress,
        events=events,
        clock=clock,
        observation=observation,
        revisions=revisions,
        deadlines=Deadlines(build_s=60, ready_s=600),
        rules=RequestRules(),
    )
    deploys = Deploy(
        store=store, reading=reading, rooms=rooms, operations=operations, reconciler=reconciler, clock=clock
    )
    commands = Commands(
        store=store, operations=operations, reconciler=reconciler, revisions=revisions, rooms=rooms, clock=clock
    )
    counts = FakeCountsFiles()
    machine, gpus, processes = FakeMachine(), FakeGpus(), FakeProcesses()
    reports = NodeReports(cluster=cluster, observation=observation, clock=clock, addresses={"10.0.0.1"})
    sampling = Sampling(machine=machine, gpus=gpus, reports=reports, clock=clock)
    hardware = Hardware(
        hosts=Hosts(sampling=sampling, reports=reports, sampler=gpus, observation=observation),
        history=sampling.history,
        processes=processes,
        observation=observation,
        clock=clock,
    )
    return Box(
        counts=counts,
        requests=Requests(store=store, observation=observation, files=counts, clock=clock),
        store=store,
        cluster=cluster,
        unit=unit,
        archives=archives,
        clock=clock,
        observation=observation,
        events=events,
        operations=operations,
        reconciler=reconciler,
        deploys=deploys,
        commands=commands,
        cancelling=Cancelling(store=store, operations=operations, deploy=deploys, reconciler=reconciler),
        revisions=revisions,
        plans=Plans(
            store=store,
            archives=archives,
            reading=reading,
            revisions=revisions,
            rooms=rooms,
            observation=observation,
            drain_s=2,
        ),
        secrets=secrets,
        secret_changes=SecretChanges(secrets=secrets, commands=commands, events=events),
        overview=Overview(
            store=store,
            secrets=secrets,
            observation=observation,
            cluster=cluster,
            hardware=hardware,
            clock=clock,
            serve_url="http://box:8000",
        ),
        machine=machine,
        gpus=gpus,
        processes=processes,
        sampling=sampling,
        hardware=hardware,
    )
