"""The simulated machines: GPUs with processes and holders, nodes, and what they did in the last hour.

Every number is a function of the simulated second, so that the history and what is seen now are of one piece.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from math import sin
from typing import TYPE_CHECKING
from zlib import crc32

from aana_tui.demo.routes import Call, Routes, answered
from aanad.wire.hardware import Gpu, GpuHolder, GpuProcess, HardwareState, History, Node, Series
from aanad.wire.projects import Replica

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from aana_tui.demo.box import SimulatedBox

GIB = 1 << 30
HEAD, OTHER = "10.0.0.1", "10.0.0.2"
TOTAL = 80 * GIB
NODE_TOTAL = 512 * GIB
LOST, FOREIGN, HOT = 3, 6, 2
"""The GPU that fell off, the one that a stranger is on, and the one that is throttled."""
LOST_AT_S = -600
FOREIGN_BYTES = 6 * GIB

routes = Routes()


def play(box: SimulatedBox, gpus: int) -> None:
    """Put this many GPUs into the box, and let them work."""

    def happens() -> None:
        for index in range(gpus):
            box.set("gpus", f"{HEAD}/{index}", _gpu(box, index))
        box.set("nodes", HEAD, _node(box, HEAD, gpus))
        if gpus:
            box.set("nodes", OTHER, _node(box, OTHER, 0))

    happens()
    box.each_second.append(happens)


@routes("GET", "/v1/gpus")
def gpus(call: Call) -> httpx.Response:
    """All."""
    return answered([item for _, item in sorted(call.box.items("gpus").items())])


@routes("GET", "/v1/nodes")
def nodes(call: Call) -> httpx.Response:
    """All."""
    return answered([item for _, item in sorted(call.box.items("nodes").items())])


@routes("GET", "/v1/gpus/history")
def gpu_history(call: Call) -> httpx.Response:
    """Of all GPUs, or of one."""
    wanted = call.query.get("gpu")
    series: dict[tuple[int, str], Callable[[int], float | None]] = {}
    box = call.box
    for item in box.items("gpus").values():
        index = int(item["index"])
        if wanted is None or int(wanted) == index:
            series[index, "utilization_percent"] = partial(load, index)
            series[index, "memory_used_bytes"] = partial(memory, index, _held(box, index))
            series[index, "temperature_c"] = partial(heat, index)
    return answered(_history(call, {(HEAD, *key): at for key, at in series.items()}))


@routes("GET", "/v1/nodes/history")
def node_history(call: Call) -> httpx.Response:
    """Of all nodes."""
    series: dict[tuple[str, int | None, str], Callable[[int], float | None]] = {}
    for address in call.box.items("nodes"):
        series[address, None, "cpu_percent"] = partial(cpu, address)
        series[address, None, "memory_used_bytes"] = partial(ram, address)
    return answered(_history(call, series))


def load(index: int, second: int) -> float | None:
    """A GPU's utilisation in percent."""
    if index == LOST and second > LOST_AT_S:
        return None
    wave = 50 + 40 * sin(second / (40 + 13 * index) + index) + _noise(index, second, 12)
    return float(round(min(100.0, max(0.0, wave))))


def memory(index: int, held: int, second: int) -> float | None:
    """A GPU's memory in use, in bytes: what is held now, and a little that comes and goes."""
    if index == LOST and second > LOST_AT_S:
        return None
    return float(min(TOTAL, held + round((3 + 2 * sin(second / 300 + index)) * GIB)))


def heat(index: int, second: int) -> float | None:
    """A GPU's temperature in degrees Celsius."""
    used = load(index, second // 10 * 10)
    return None if used is None else float(round(45 + used / 4 + (18 if index == HOT else 0)))


def cpu(address: str, second: int) -> float:
    """A node's CPUs in percent."""
    return float(round(30 + 20 * sin(second / 90 + len(address)) + _noise(hash_of(address), second, 10)))


def ram(address: str, second: int) -> float:
    """A node's memory in use, in bytes."""
    return float((180 + round(20 * sin(second / 600 + hash_of(address)))) * GIB)


def hash_of(text: str) -> int:
    """The same number in every run."""
    return crc32(text.encode()) % 97


def _noise(seed: int, second: int, width: int) -> float:
    return crc32(f"{seed}/{second}".encode()) % width - width / 2


def _replicas_on(box: SimulatedBox, index: int) -> list[Replica]:
    replicas = (Replica.model_validate(item) for item in box.items("replicas").values() if index in item["gpus"])
    return [replica for replica in replicas if replica.node == HEAD]


def _held(box: SimulatedBox, index: int) -> int:
    held = sum(replica.gpu_memory_bytes or 0 for replica in _replicas_on(box, index))
    return held + (FOREIGN_BYTES if index == FOREIGN else 0)


def _gpu(box: SimulatedBox, index: int) -> Gpu:
    second = box.seconds
    used, kept, hot = load(index, second), memory(index, _held(box, index), second), heat(index, second)
    on_it = _replicas_on(box, index)
    processes = [
        GpuProcess(
            pid=replica.pid, name="ray::ServeReplica", gpu_memory_bytes=replica.gpu_memory_bytes,
            project=replica.project, deployment=replica.deployment, replica=replica.id,
        )
        for replica in on_it
        if replica.pid is not None
    ]  # fmt: skip
    if index == FOREIGN:
        processes.append(GpuProcess(pid=31337, name="python3", gpu_memory_bytes=FOREIGN_BYTES, is_foreign=True))
    is_lost = index == LOST
    return Gpu(
        node=HEAD,
        index=index,
        uuid=f"GPU-5a3c{index:04x}-0000-4000-8000-00000000000{index}",
        name="NVIDIA H100 80GB HBM3",
        state=HardwareState.LOST if is_lost else HardwareState.OK,
        reason="gpu_lost" if is_lost else "ok",
        message="The GPU fell off the bus." if is_lost else "",
        hint="See `dmesg` for Xid errors, then reset it or reboot the machine." if is_lost else "",
        utilization_percent=used,
        memory_used_bytes=None if kept is None else int(kept),
        memory_total_bytes=TOTAL,
        temperature_c=hot,
        power_w=None if used is None else float(round(90 + 6 * used)),
        power_limit_w=700,
        throttling=["thermal"] if index == HOT and (used or 0) > 60 else [],  # noqa: PLR2004 - a play
        processes=[] if is_lost else processes,
        holders=[
            GpuHolder(project=replica.project, deployment=replica.deployment, replica=replica.id, share=0.25)
            for replica in on_it
        ],
        measured_at=box.now.replace(second=0),
    )


def _node(box: SimulatedBox, address: str, gpus: int) -> Node:
    return Node(
        id=address,
        address=address,
        hostname="gpu-box-1" if address == HEAD else "cpu-box-2",
        is_head=address == HEAD,
        state=HardwareState.OK,
        reason="ok",
        cpus=64,
        cpu_percent=cpu(address, box.seconds),
        memory_used_bytes=int(ram(address, box.seconds)),
        memory_total_bytes=NODE_TOTAL,
        gpus=gpus,
        gpu_state=HardwareState.OK if gpus else HardwareState.NONE,
        gpu_reason="ok" if gpus else "no_gpu",
        gpu_message="" if gpus else "This machine has no NVIDIA GPU.",
        measured_at=box.now.replace(second=0),
    )


def _history(call: Call, series: dict[tuple[str, int | None, str], Callable[[int], float | None]]) -> History:
    width, seconds = int(call.query.get("width", 60)), int(call.query.get("seconds", 3600))
    step_s, start = seconds / width, call.box.seconds - seconds
    moments = [int(start + (step + 0.5) * step_s) for step in range(width)]
    told = [
        Series(node=node, gpu=gpu, metric=metric, mean=(values := [at(moment) for moment in moments]), max=values)
        for (node, gpu, metric), at in series.items()
    ]
    return History(start=call.box.now - timedelta(seconds=seconds), step_s=step_s, series=told)
