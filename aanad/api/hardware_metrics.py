"""Metrics of GPUs and nodes; what nobody could measure is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

from aanad.wire.hardware import HardwareState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prometheus_client.core import Metric

    from aanad.wire.hardware import Gpu, Node

PERCENT = 100


def families(gpus: list[Gpu], nodes: list[Node]) -> Iterator[Metric]:
    """Of all machines; machines without a GPU have CPU and memory."""
    yield from _node_families(nodes)
    info = InfoMetricFamily("aana_gpu", "Which GPU this is.", labels=("node", "gpu"))
    for gpu in gpus:
        info.add_metric((gpu.node, str(gpu.index)), {"uuid": gpu.uuid, "name": gpu.name})
    yield info

    def gauge(name: str, text: str, values: Iterable[float | None]) -> GaugeMetricFamily:
        return _gauge(name, text, ("node", "gpu"), [(gpu.node, str(gpu.index)) for gpu in gpus], values)

    yield gauge("aana_gpu_up", "1 where it can be measured.", (gpu.state is HardwareState.OK for gpu in gpus))
    yield gauge("aana_gpu_utilization_ratio", "0 to 1.", (_ratio(gpu.utilization_percent) for gpu in gpus))
    yield gauge("aana_gpu_memory_used_bytes", "Memory in use.", (gpu.memory_used_bytes for gpu in gpus))
    yield gauge("aana_gpu_memory_total_bytes", "Memory that it has.", (gpu.memory_total_bytes for gpu in gpus))
    yield gauge("aana_gpu_temperature_celsius", "Temperature.", (gpu.temperature_c for gpu in gpus))
    yield gauge("aana_gpu_power_watts", "Power it takes.", (gpu.power_w for gpu in gpus))
    yield gauge("aana_gpu_power_limit_watts", "Power it may take.", (gpu.power_limit_w for gpu in gpus))
    yield gauge("aana_gpu_throttled", "1 while its clocks are held down.", (bool(gpu.throttling) for gpu in gpus))
    yield gauge("aana_gpu_replicas", "Replicas that hold it, or a part of it.", (len(gpu.holders) for gpu in gpus))


def _node_families(nodes: list[Node]) -> Iterator[Metric]:
    def gauge(name: str, text: str, values: Iterable[float | None]) -> GaugeMetricFamily:
        return _gauge(name, text, ("node",), [(node.address,) for node in nodes], values)

    yield gauge("aana_node_up", "1 where it can be measured.", (node.state is HardwareState.OK for node in nodes))
    yield gauge("aana_node_cpus", "CPUs that it has.", (node.cpus for node in nodes))
    yield gauge("aana_node_cpu_utilization_ratio", "Of all its CPUs.", (_ratio(node.cpu_percent) for node in nodes))
    yield gauge("aana_node_memory_used_bytes", "Memory in use.", (node.memory_used_bytes for node in nodes))
    yield gauge("aana_node_memory_total_bytes", "Memory that it has.", (node.memory_total_bytes for node in nodes))


def _gauge(
    name: str, text: str, labels: Sequence[str], places: list[tuple[str, ...]], values: Iterable[float | None]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for place, value in zip(places, values, strict=True):
        if value is not None:
            family.add_metric(place, float(value))
    return family


def _ratio(percent: float | None) -> float | None:
    return None if percent is None else percent / PERCENT
