"""Ray's node reports: memory and GPUs of worker processes."""

from __future__ import annotations

from typing import Any

from aanad.core.records import NodeProcess

MIB = 1024 * 1024


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
