"""GPUs and nodes: what the hardware does, and who uses it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from aanad.wire.base import WireModel


class HardwareState(StrEnum):
    """Whether something can be measured."""

    OK = "ok"
    NONE = "none"
    """There is none: a machine without a GPU, which is normal."""
    STALE = "stale"
    """The last reading is shown, because newer ones do not come (a hanging driver, a node that does not answer)."""
    LOST = "lost"
    """A GPU that was there and fell off."""
    FAILED = "failed"


class GpuProcess(WireModel):
    """A process on a GPU."""

    pid: int
    name: str
    """The command's name; empty where it cannot be read."""
    gpu_memory_bytes: int | None = None
    project: str | None = None
    deployment: str | None = None
    replica: str | None = None
    """The replica it belongs to, itself or as a child of it; None with `is_foreign`."""
    is_foreign: bool = False
    """It belongs to no replica of Aana's."""


class GpuHolder(WireModel):
    """A replica that Ray gave this GPU to, also while it idles."""

    project: str
    deployment: str
    replica: str
    share: float = 1.0
    """Of the GPU, 0 to 1."""


class Gpu(WireModel):
    """One GPU now; its JSON keys are fixed, scripts rely on them."""

    node: str
    """The node's address."""
    index: int
    uuid: str
    name: str
    state: HardwareState
    reason: str
    """A stable code: ``ok``, ``gpu_lost``, ``nvml_timeout``, ``nvml_error``, ``node_silent``."""
    message: str = ""
    hint: str = ""
    utilization_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    temperature_c: float | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    throttling: list[str] = []
    """Why its clocks are held down now: ``power``, ``thermal``, ``hw_slowdown``, …; empty where they are not."""
    processes: list[GpuProcess] = []
    holders: list[GpuHolder] = []
    measured_at: datetime | None = None


class Node(WireModel):
    """One machine of the cluster now; its JSON keys are fixed, scripts rely on them."""

    id: str
    """Ray's id; empty while Ray is not up, when only the daemon's own machine is known."""
    address: str
    hostname: str
    is_head: bool
    """Whether it is the daemon's own machine's node."""
    state: HardwareState
    reason: str
    message: str = ""
    hint: str = ""
    cpus: int | None = None
    cpu_percent: float | None = None
    """Of all CPUs together, 0 to 100."""
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    gpus: int = 0
    """How many GPUs are seen on it."""
    gpu_state: HardwareState = HardwareState.NONE
    gpu_reason: str = "no_gpu"
    """``ok``, ``no_gpu``, ``nvml_missing``, ``nvml_timeout``, ``nvml_error``, ``driver_mismatch``, …"""
    gpu_message: str = ""
    gpu_hint: str = ""
    resources_total: dict[str, float] = {}
    """What Ray may hand out: ``CPU``, ``GPU``, ``memory`` (bytes), custom ones."""
    resources_held: dict[str, float] = {}
    """What replicas of projects asked for on it."""
    measured_at: datetime | None = None


class Series(WireModel):
    """One quantity over time: `values[i]` covers the `step_s` seconds from ``start + i * step_s``."""

    node: str
    gpu: int | None = None
    """The GPU's index; None for a quantity of the node."""
    metric: str
    """``utilization_percent``, ``memory_used_bytes``, ``temperature_c``, ``power_w`` of a GPU; ``cpu_percent``,
    ``memory_used_bytes`` of a node."""
    mean: list[float | None]
    """None where nothing was measured."""
    max: list[float | None]


class History(WireModel):
    """The last hour at most, in as many steps as were asked for."""

    start: datetime
    step_s: float
    series: list[Series]
