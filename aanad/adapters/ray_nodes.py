"""Ray's node reports: what each node has to hand out, and memory and GPUs of worker processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aanad.core.records import NodeProcess, NodeResources

if TYPE_CHECKING:
    from collections.abc import Mapping

MIB = 1024 * 1024
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
    held = _gpu_use(node.get("gpus") or [])
    processes: dict[tuple[str, int], NodeProcess] = {}
    for worker in node.get("workers") or []:
        pid = worker.get("pid")
        if pid is None:
            continue
        gpus, memory = held.get(pid, ((), None))
        rss = (worker.get("memoryInfo") or {}).get("rss")
        processes[node_id, pid] = NodeProcess(pid=pid, rss_bytes=rss, gpus=gpus, gpu_memory_bytes=memory)
    return processes


def _gpu_use(gpus: list[dict[str, Any]]) -> dict[int, tuple[tuple[int, ...], int | None]]:
    """By pid: the indexes of the GPUs it uses, and its memory on all of them."""
    use: dict[int, tuple[tuple[int, ...], int | None]] = {}
    for gpu in gpus:
        processes = gpu.get("processesPids") or gpu.get("processes_pids") or []
        for process in processes.values() if isinstance(processes, dict) else processes:
            pid = process.get("pid")
            used = process.get("gpuMemoryUsage") or process.get("gpu_memory_usage") or 0
            indexes, memory = use.get(pid, ((), 0))
            use[pid] = ((*indexes, int(gpu.get("index", 0))), (memory or 0) + int(used) * MIB)
    return use
