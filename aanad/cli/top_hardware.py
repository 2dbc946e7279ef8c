"""The head of `aana top`: the daemon, Ray, nodes and GPUs, a line each, or summed up where there is no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.tables import age, is_coloured, size
from aanad.client.terminal import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.cli.screen import Size
    from aanad.cli.top_sample import Sample
    from aanad.wire.hardware import Gpu, Node

_ROWS_FOR_OTHERS = 4
"""Of a screen's rows one in so many may show GPUs, and one in so many nodes."""


def head_lines(sample: Sample, screen: Size | None) -> list[str]:
    """All above the projects."""
    few = max(1, screen.rows // _ROWS_FOR_OTHERS - 2) if screen else None
    lines = [_daemon(sample, screen)]
    if cluster := _cluster(sample):
        lines.append(cluster)
    nodes, gpus = sample.nodes, sample.gpus
    lines += [_node(node) for node in nodes] if few is None or len(nodes) <= few else [_nodes(nodes)]
    several = len({gpu.node for gpu in gpus}) > 1
    lines += [_gpu(gpu, with_node=several) for gpu in gpus] if few is None or len(gpus) <= few else [_gpus(gpus)]
    return lines


def _daemon(sample: Sample, screen: Size | None) -> str:
    status = sample.status
    parts = [
        f"aanad {status.version}",
        f"up {age(status.started_at)}",
        f"ray {status.cluster.state}",
        f"{status.projects} project{'' if status.projects == 1 else 's'}, {status.running} running",
    ]
    said = sanitise("  ".join(parts))
    clock = f"{sample.time:%H:%M:%SZ}"
    room = screen.columns - len(said) - len(clock) if screen else 2
    return f"{said}{' ' * max(2, room)}{clock}"


def _cluster(sample: Sample) -> str:
    cluster = sample.status.cluster
    if cluster.state == "ready" or not cluster.message:
        return ""
    text = sanitise(f"ray {cluster.state}: {cluster.message} {cluster.hint}".rstrip())
    return click.style(text, fg="yellow") if is_coloured() else text


def _node(node: Node) -> str:
    troubles = []
    if node.state not in {"ok", "none"}:
        troubles.append(f"{node.state} ({node.reason}) {node.message}")
    if node.gpu_state not in {"ok", "none"}:
        troubles.append(f"gpus {node.gpu_state} ({node.gpu_reason}) {node.gpu_message}")
    facts = [_cpu(node.cpu_percent, node.cpus), _share("mem", node.memory_used_bytes, node.memory_total_bytes)]
    return _line(f"node {node.address}", troubles, facts)


def _nodes(nodes: list[Node]) -> str:
    busy = [(node.cpu_percent, node.cpus) for node in nodes if node.cpu_percent is not None and node.cpus]
    percent = sum(used * count for used, count in busy) / total if (total := sum(count for _, count in busy)) else None
    ill = sum(node.state != "ok" for node in nodes)
    facts = [
        _cpu(percent, sum(node.cpus or 0 for node in nodes)),
        _share("mem", _sum(n.memory_used_bytes for n in nodes), _sum(n.memory_total_bytes for n in nodes)),
    ]
    return _line(f"{len(nodes)} nodes", [f"{ill} not ok"] if ill else [], facts)


def _gpu(gpu: Gpu, *, with_node: bool) -> str:
    troubles = []
    if gpu.state != "ok":
        troubles.append(f"{gpu.state} ({gpu.reason}) {gpu.message}")
    if gpu.throttling:
        troubles.append(f"throttled: {', '.join(gpu.throttling)}")
    foreign = [process.name or str(process.pid) for process in gpu.processes if process.is_foreign]
    holders = sorted({holder.project for holder in gpu.holders})
    facts = [
        "" if gpu.utilization_percent is None else f"{gpu.utilization_percent:.0f} %",
        _share("mem", gpu.memory_used_bytes, gpu.memory_total_bytes),
        _power(gpu.power_w, gpu.power_limit_w),
        "" if gpu.temperature_c is None else f"{gpu.temperature_c:.0f} °C",
        f"held by {', '.join(holders)}" if holders else "",
        f"foreign: {', '.join(foreign)}" if foreign else "",
        gpu.name,
    ]
    return _line(f"gpu {gpu.node}:{gpu.index}" if with_node else f"gpu {gpu.index}", troubles, facts)


def _gpus(gpus: list[Gpu]) -> str:
    busy = [gpu.utilization_percent for gpu in gpus if gpu.utilization_percent is not None]
    ill = sum(gpu.state != "ok" for gpu in gpus)
    facts = [
        f"{sum(busy) / len(busy):.0f} % (max {max(busy):.0f})" if busy else "",
        _share("mem", _sum(gpu.memory_used_bytes for gpu in gpus), _sum(gpu.memory_total_bytes for gpu in gpus)),
        _power(_sum(gpu.power_w for gpu in gpus), None),
        f"{sum(bool(gpu.holders) for gpu in gpus)} held",
    ]
    return _line(f"{len(gpus)} gpus", [f"{ill} not ok"] if ill else [], facts)


def _line(what: str, troubles: list[str], facts: list[str]) -> str:
    """What is wrong stands first: a narrow screen cuts off the end."""
    parts = [sanitise(what)]
    for trouble in troubles:
        harmless = sanitise(trouble.rstrip())
        parts.append(click.style(harmless, fg="red") if is_coloured() else harmless)
    return "  ".join([*parts, *(sanitise(fact) for fact in facts if fact)])


def _cpu(percent: float | None, cpus: int | None) -> str:
    if percent is None:
        return f"{cpus} cpus" if cpus else ""
    return f"cpu {percent:.0f} % of {cpus}" if cpus else f"cpu {percent:.0f} %"


def _power(used_w: float | None, limit_w: float | None) -> str:
    if used_w is None:
        return ""
    return f"{used_w:.0f} of {limit_w:.0f} W" if limit_w else f"{used_w:.0f} W"


def _share(what: str, used: float | None, total: float | None) -> str:
    if used is None and total is None:
        return ""
    return f"{what} {size(None if used is None else int(used))} of {size(None if total is None else int(total))}"


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
