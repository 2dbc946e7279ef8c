"""Ray's node reports: what each node has to hand out, how it does, and what its workers hold and use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aanad.core.measurements import GpuMeasurement, GpuUser, NodeReport
from aanad.core.records import NodeProcess, NodeResources

if TYPE_CHECKING:
    from collections.abc import Mapping

MIB = 1024 * 1024
_GROUP = re.compile(r"\w+?_?[Gg]roup_?\d*_?(?P<id>[0-9a-fA-F]{36})")
"""``GPU_group_0_<id>`` or ``GPU_group_<id>``, as the dashboard spells it: without the underscores."""
_BOOKKEEPING = ("node:", "accelerator_type:")
"""Resources by which Ray finds one node, or one with a certain card; nothing of them is ever used up."""


def node_resources(document: dict[str, Any]) -> list[NodeResources]:
    """The nodes that are alive, the head first, from ``/api/v0/nodes``.

    ``/nodes?view=summary`` has the same, but with the names of custom resources in camel case.
    """
    nodes = ((document.get("data") or {}).get("result") or {}).get("result") or []
    alive = [node for node in nodes if node.get("state") == "ALIVE"]
    alive.sort(key=lambda node: (not node.get("is_head_node"), node.get("node_ip") or "", node["node_id"]))
    return [
        NodeResources(node["node_id"], node.get("node_ip") or "", schedulable(node.get("resources_total") or {}))
        for node in alive
    ]


def schedulable(resources: Mapping[str, float]) -> dict[str, float]:
    """``CPU``, ``GPU``, ``memory`` and custom resources, without Ray's own entries and without zeros."""
    return {
        name: float(value)
        for name, value in resources.items()
        if value and name != "object_store_memory" and not name.startswith(_BOOKKEEPING)
    }


def worker_processes(node_id: str, document: dict[str, Any]) -> dict[tuple[str, int], NodeProcess]:
    """Processes by node id and pid, from ``/nodes/<node id>``."""
    node = (document.get("data") or {}).get("detail") or {}
    processes: dict[tuple[str, int], NodeProcess] = {}
    for worker in node.get("workers") or []:
        pid = worker.get("pid")
        if pid is not None:
            rss = (worker.get("memoryInfo") or {}).get("rss")
            processes[node_id, pid] = NodeProcess(pid=pid, rss_bytes=rss)
    return processes


def node_reports(document: dict[str, Any]) -> list[NodeReport]:
    """What each node's agent reported, from ``/nodes?view=summary``; dead nodes are left out."""
    nodes = (document.get("data") or {}).get("summary") or []
    return [_report(node) for node in nodes if (node.get("raylet") or {}).get("state") == "ALIVE"]


def _report(node: dict[str, Any]) -> NodeReport:
    raylet = node["raylet"]
    # Total, available, percent, used; of the container where the agent is in one.
    memory = node.get("mem") or [None, None, None, None]
    return NodeReport(
        id=raylet["nodeId"],
        address=raylet.get("nodeManagerAddress") or node.get("ip") or "",
        hostname=node.get("hostname") or raylet.get("nodeManagerHostname") or "",
        reported_at=float(node.get("now") or 0.0),
        cpus=(node.get("cpus") or [None])[0],
        cpu_percent=node.get("cpu"),
        memory_used_bytes=memory[3],
        memory_total_bytes=memory[0],
        gpus=tuple(_gpu(gpu) for gpu in node.get("gpus") or []),
        slots=_slots(raylet.get("coreWorkersStats") or []),
        groups=_groups(raylet.get("coreWorkersStats") or []),
    )


def _gpu(gpu: dict[str, Any]) -> GpuMeasurement:
    power, temperature, utilization = gpu.get("powerMw"), gpu.get("temperatureC"), gpu.get("utilizationGpu")
    processes = gpu.get("processesPids") or {}
    return GpuMeasurement(
        index=int(gpu.get("index") or 0),
        uuid=gpu.get("uuid") or "",
        name=gpu.get("name") or "",
        utilization_percent=None if utilization is None else float(utilization),
        memory_used_bytes=_mebibytes(gpu.get("memoryUsed")),
        memory_total_bytes=_mebibytes(gpu.get("memoryTotal")),
        temperature_c=None if temperature is None else float(temperature),
        power_w=None if power is None else power / 1000,
        users=tuple(
            GpuUser(process["pid"], _mebibytes(process.get("gpuMemoryUsage")))
            for process in (processes.values() if isinstance(processes, dict) else processes)
        ),
    )


def _slots(workers: list[dict[str, Any]]) -> dict[int, dict[int, float]]:
    """By pid, the GPUs that a worker was given and how much of each."""
    held: dict[int, dict[int, float]] = {}
    for worker in workers:
        mine: dict[int, float] = {}
        for name, used in (worker.get("usedResources") or {}).items():
            if name == "GPU" or (_GROUP.fullmatch(name) and name.startswith("GPU")):
                for each in used.get("resourceSlots") or []:
                    slot, share = int(each.get("slot") or 0), float(each.get("allocation") or 0)
                    # A group's resources are there twice: of the whole group, and of one bundle.
                    mine[slot] = max(mine.get(slot, 0.0), share)
        if mine:
            held[worker["pid"]] = mine
    return held


def _groups(workers: list[dict[str, Any]]) -> dict[int, str]:
    """By pid, the id of the placement group that a worker is in."""
    return {
        worker["pid"]: found.group("id").lower()
        for worker in workers
        for name in worker.get("usedResources") or {}
        if (found := _GROUP.fullmatch(name))
    }


def _mebibytes(value: float | None) -> int | None:
    return None if value is None else int(value) * MIB
