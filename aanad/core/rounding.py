"""Numbers that never rest, rounded for screens: a change is sent when somebody could see it."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from aanad.wire.hardware import Gpu, HardwareState, Node
from aanad.wire.projects import Replica
from aanad.wire.request_stats import RequestStats
from aanad.wire.status import Status

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.wire.base import WireModel

MINUTE_S = 60
MIN_STEP_BITS = 20
SIGNIFICANT_BITS = 6


@singledispatch
def rounded(item: WireModel) -> WireModel:
    """The item with its restless numbers rounded; what does not flicker is as it was."""
    return item


@rounded.register
def _status(item: Status) -> Status:
    return item.model_copy(update={"uptime_s": float(int(item.uptime_s) // MINUTE_S * MINUTE_S)})


@rounded.register
def _replica(item: Replica) -> Replica:
    return item.model_copy(
        update={"rss_bytes": size(item.rss_bytes), "gpu_memory_bytes": size(item.gpu_memory_bytes)},
    )


@rounded.register
def _gpu(item: Gpu) -> Gpu:
    return item.model_copy(
        update={
            "utilization_percent": whole(item.utilization_percent),
            "temperature_c": whole(item.temperature_c),
            "power_w": whole(item.power_w),
            "memory_used_bytes": size(item.memory_used_bytes),
            "processes": [
                process.model_copy(update={"gpu_memory_bytes": size(process.gpu_memory_bytes)})
                for process in item.processes
            ],
            "measured_at": _time(item.measured_at, item.state),
        }
    )


@rounded.register
def _node(item: Node) -> Node:
    return item.model_copy(
        update={
            "cpu_percent": whole(item.cpu_percent),
            "memory_used_bytes": size(item.memory_used_bytes),
            "measured_at": _time(item.measured_at, item.state),
        }
    )


@rounded.register
def _requests(item: RequestStats) -> RequestStats:
    return item.model_copy(
        update={name: significant(getattr(item, name)) for name in ("rate", "error_rate", "p50_ms", "p95_ms", "p99_ms")}
    )


def size(count: int | None) -> int | None:
    """Bytes within 2 %, by steps of a megabyte at least."""
    if count is None:
        return None
    step = 1 << max(MIN_STEP_BITS, count.bit_length() - SIGNIFICANT_BITS)
    return (count + step // 2) // step * step


def whole(number: float | None) -> float | None:
    """To the nearest whole number."""
    return None if number is None else float(round(number))


def significant(number: float | None) -> float | None:
    """Three significant digits."""
    return None if number is None else float(f"{number:.3g}")


def _time(measured_at: datetime | None, state: HardwareState) -> datetime | None:
    """To the minute while it is measured each second; exactly where that is what one must know: how old it is."""
    if measured_at is None or state is not HardwareState.OK:
        return measured_at
    return measured_at.replace(second=0, microsecond=0)
