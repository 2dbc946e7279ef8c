"""Who uses GPUs: replicas by the processes on them, and by what Ray gave them, also while they idle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aanad.wire.hardware import GpuHolder, GpuProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aanad.core.measurements import GpuMeasurement, GpuUser
    from aanad.core.ports import Processes
    from aanad.core.records import ObservedCluster


@dataclass(frozen=True)
class Owner:
    """A replica."""

    project: str
    deployment: str
    replica: str


Owners = dict[tuple[str, int], Owner]
"""Replicas by node id and pid, of their own processes and of workers that Ray started for them."""


def owners(cluster: ObservedCluster, groups: Mapping[tuple[str, int], str]) -> Owners:
    """The replicas of projects; those of applications that are not ours are foreign.

    Args:
        cluster: what Serve says.
        groups: by node id and pid, the placement group of a worker. What is in a replica's own group works for it, as
            the workers of an engine that spreads a model over several GPUs do.
    """
    found = {
        (replica.node_id, replica.pid): Owner(app.name, deployment.name, replica.id)
        for app in cluster.applications.values()
        if app.config is not None
        for deployment in app.deployments.values()
        for replica in deployment.replicas
        if replica.node_id and replica.pid
    }
    leaders = {groups[key]: owner for key, owner in found.items() if key in groups}
    return {key: leaders[group] for key, group in groups.items() if group in leaders} | found


def process(user: GpuUser, node_id: str, replicas: Owners, processes: Processes | None) -> GpuProcess:
    """A process on a GPU with the replica that it is, or that started it.

    Args:
        user: the process.
        node_id: its node.
        replicas: all of them.
        processes: of this machine; None for a process of another one, whose parents nobody tells.
    """
    line = processes.lineage(user.pid) if processes else []
    owner = next((replicas[node_id, pid] for pid in [user.pid, *line] if (node_id, pid) in replicas), None)
    return GpuProcess(
        pid=user.pid,
        name=processes.name(user.pid) if processes else "",
        gpu_memory_bytes=user.gpu_memory_bytes,
        project=owner.project if owner else None,
        deployment=owner.deployment if owner else None,
        replica=owner.replica if owner else None,
        is_foreign=owner is None,
    )


def holders(
    slots: Mapping[int, Mapping[int, float]], node_id: str, replicas: Owners, index_of: Mapping[int, int]
) -> dict[int, list[GpuHolder]]:
    """By a GPU's index, who was given how much of it.

    Args:
        slots: by a worker's pid, what it holds by Ray's count.
        node_id: the workers' node.
        replicas: all of them; other workers hold for themselves.
        index_of: the index of a slot's GPU.
    """
    found: dict[int, list[GpuHolder]] = {}
    for pid, held in slots.items():
        owner = replicas.get((node_id, pid))
        if owner is None:
            continue
        for slot, share in held.items():
            found.setdefault(index_of.get(slot, slot), []).append(
                GpuHolder(project=owner.project, deployment=owner.deployment, replica=owner.replica, share=share)
            )
    for each in found.values():
        each.sort(key=lambda holder: (holder.project, holder.deployment, holder.replica))
    return found


def indexes(slots: Iterable[int], visible: str | None, gpus: Iterable[GpuMeasurement]) -> dict[int, int]:
    """The index of the GPU behind each of Ray's slots.

    Ray counts from 0 what it may use. Where ``CUDA_VISIBLE_DEVICES`` restricts or permutes that, the n-th slot is the
    n-th device named there: by index, by UUID or its beginning, or as a MIG instance.
    """
    named = [name.strip() for name in visible.split(",")] if visible else []
    known = list(gpus)
    return {slot: _index(named[slot], known, slot) if slot < len(named) else slot for slot in slots}


def _index(name: str, gpus: list[GpuMeasurement], slot: int) -> int:
    if name.isdigit():
        return int(name)
    for gpu in gpus:
        if name and any(uuid.startswith(name) for uuid in (gpu.uuid, *gpu.parts)):
            return gpu.index
    return slot
