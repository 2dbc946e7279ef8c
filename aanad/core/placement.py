"""Where replicas would go, by what is free now: as Ray does it, each replica on one node with all it asks for.

Serve spreads the replicas of a deployment over the nodes. Less than a GPU must fit on one of them: of two GPUs, three
replicas with 0.6 each take two, and the third finds no room though 0.8 are free in all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aanad.core.shortage import Holder, Lack, Shortage, rank
from aanad.wire.plan import Placed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.core.records import NodeResources, ObservedCluster

UNIT = 10_000
"""Ray counts in parts of ten thousand, and so do we: 0.1 + 0.2 is 0.3 then."""
GPU = "GPU"


@dataclass(frozen=True)
class Demand:
    """Replicas that want room."""

    project: str
    deployment: str
    replicas: int
    resources: dict[str, float]
    """What one replica asks for."""


@dataclass(frozen=True)
class Held:
    """What one replica holds."""

    project: str
    deployment: str
    node_id: str
    resources: dict[str, float]


@dataclass(frozen=True)
class PlacedDemand:
    """What became of one demand."""

    demand: Demand
    placed: tuple[Placed, ...]
    shortage: Shortage | None


@dataclass(frozen=True)
class Placement:
    """What became of all demands, in their order."""

    demands: tuple[PlacedDemand, ...]

    @property
    def fits(self) -> bool:
        """Whether every replica found room."""
        return not self.shortages

    @property
    def shortages(self) -> tuple[Shortage, ...]:
        """Why some did not."""
        return tuple(found.shortage for found in self.demands if found.shortage is not None)

    def of(self, project: str, deployment: str) -> PlacedDemand | None:
        """What became of a deployment's demand."""
        for found in self.demands:
            if (found.demand.project, found.demand.deployment) == (project, deployment):
                return found
        return None


def held_by(cluster: ObservedCluster) -> list[Held]:
    """What the replicas of all applications hold; one that is being stopped holds it until it is gone."""
    return [
        Held(app.name, deployment.name, replica.node_id, deployment.resources)
        for app in cluster.applications.values()
        for deployment in app.deployments.values()
        for replica in deployment.replicas
        if replica.node_id
    ]


def place(nodes: Iterable[NodeResources], held: Iterable[Held], demands: Iterable[Demand]) -> Placement:
    """Find room for each demand in turn; what one takes, those after it do not get.

    Args:
        nodes: all that are alive, in the order in which equals are chosen.
        held: what is in use; leave out what ends before the demands begin.
        demands: the most important first.
    """
    rooms = {node.id: _Room(node) for node in nodes}
    # Which GPU a part of one was taken from is not known; the largest first wastes the least.
    for each in sorted(held, key=lambda each: (-each.resources.get(GPU, 0), each.project, each.deployment)):
        if each.node_id in rooms:
            rooms[each.node_id].take(each.project, each.deployment, each.resources)
    return Placement(tuple(_place(list(rooms.values()), demand) for demand in demands))


def _place(rooms: list[_Room], demand: Demand) -> PlacedDemand:
    placed: dict[str, int] = {}
    while sum(placed.values()) < demand.replicas:
        fitting = [room for room in rooms if not room.short(demand.resources)]
        if not fitting:
            break
        best = min(fitting, key=lambda room: (room.replicas(demand), room.left_after(demand.resources)))
        best.take(demand.project, demand.deployment, demand.resources)
        placed[best.node.address] = placed.get(best.node.address, 0) + 1
    missing = demand.replicas - sum(placed.values())
    return PlacedDemand(
        demand,
        tuple(Placed(node=address, replicas=replicas) for address, replicas in placed.items()),
        _shortage(rooms, demand, missing) if missing > 0 else None,
    )


def _shortage(rooms: list[_Room], demand: Demand, missing: int) -> Shortage:
    return Shortage(
        project=demand.project,
        deployment=demand.deployment,
        replicas=missing,
        wanted=demand.replicas,
        is_feasible=any(not _Room(room.node).short(demand.resources) for room in rooms),
        lacks=tuple(
            room.lack(resource, demand.resources[resource])
            for room in rooms
            for resource in sorted(room.short(demand.resources), key=rank)
        ),
    )


@dataclass
class _Room:
    """What is left on a node, in units."""

    node: NodeResources
    free: dict[str, int] = field(init=False)
    gpus: list[int] = field(init=False)
    """What is free on each GPU."""
    held: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.free = {name: _units(value) for name, value in self.node.total.items()}
        self.gpus = [UNIT] * int(self.node.total.get(GPU, 0))

    def replicas(self, demand: Demand) -> int:
        """How many of this deployment are here."""
        return self.counts.get((demand.project, demand.deployment), 0)

    def left_after(self, resources: dict[str, float]) -> tuple[float, ...]:
        """What would be left, as a share of the whole, the scarcest kind first: the least is the best fit."""
        return tuple(
            (self.free.get(name, 0) - _units(resources.get(name, 0))) / (_units(total) or 1)
            for name, total in sorted(self.node.total.items(), key=lambda item: rank(item[0]))
        )

    def short(self, resources: dict[str, float]) -> set[str]:
        """Resources of which there is too little."""
        return {name for name, value in resources.items() if _units(value) > self._available(name, _units(value))}

    def take(self, project: str, deployment: str, resources: dict[str, float]) -> None:
        """Put one replica here."""
        key = (project, deployment)
        self.counts[key] = self.counts.get(key, 0) + 1
        mine = self.held.setdefault(key, {})
        for name, value in resources.items():
            units = _units(value)
            mine[name] = mine.get(name, 0) + units
            self.free[name] = max(0, self.free.get(name, 0) - units)
            if name == GPU:
                self._take_gpus(units)

    def lack(self, resource: str, wanted: float) -> Lack:
        """A resource that is short, and who holds it."""
        holders = [
            Holder(project, deployment, units[resource] / UNIT)
            for (project, deployment), units in self.held.items()
            if units.get(resource)
        ]
        return Lack(
            node=self.node.address,
            resource=resource,
            wanted=wanted,
            free=self._available(resource, _units(wanted)) / UNIT,
            total=self.node.total.get(resource, 0.0),
            holders=tuple(sorted(holders, key=lambda each: (-each.amount, each.project, each.deployment))),
        )

    def _available(self, name: str, wanted: int) -> int:
        if name != GPU or not wanted:
            return self.free.get(name, 0)
        if wanted < UNIT:
            return max(self.gpus, default=0)
        whole = sum(free == UNIT for free in self.gpus) * UNIT
        rest = wanted % UNIT
        if rest and whole < wanted:
            whole += max((free for free in self.gpus if free < UNIT), default=0)
        return whole

    def _take_gpus(self, units: int) -> None:
        for _ in range(units // UNIT):
            self._take_gpu(UNIT)
        if units % UNIT:
            self._take_gpu(units % UNIT)

    def _take_gpu(self, units: int) -> None:
        """From the GPU where it fits best, as Ray does."""
        fitting = [index for index, free in enumerate(self.gpus) if free >= units]
        if fitting:
            self.gpus[min(fitting, key=lambda index: self.gpus[index])] -= units
        elif self.gpus:
            self.gpus[self.gpus.index(max(self.gpus))] = 0


def _units(value: float) -> int:
    return round(value * UNIT)
