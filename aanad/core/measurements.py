"""What the hardware said when it was asked: values that the adapters give and the brain puts together; frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aanad.wire.hardware import HardwareState

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class GpuUser:
    """A process on a GPU."""

    pid: int
    gpu_memory_bytes: int | None = None


@dataclass(frozen=True)
class GpuMeasurement:
    """One GPU at one time; None is what it cannot say."""

    index: int
    """As NVML and ``nvidia-smi`` count; one that was there keeps its index while another is lost."""
    uuid: str
    name: str
    state: HardwareState = HardwareState.OK
    reason: str = "ok"
    message: str = ""
    hint: str = ""
    utilization_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    temperature_c: float | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    throttling: tuple[str, ...] = ()
    users: tuple[GpuUser, ...] = ()
    measured_at: datetime | None = None
    parts: tuple[str, ...] = ()
    """The UUIDs of its MIG instances, by which ``CUDA_VISIBLE_DEVICES`` may name it."""


@dataclass(frozen=True)
class GpuReading:
    """All GPUs of this machine, or why they cannot be measured."""

    state: HardwareState
    reason: str
    message: str = ""
    hint: str = ""
    gpus: tuple[GpuMeasurement, ...] = ()
    number: int = 0
    """Grows with each reading that came anew, so that none is taken for a second one."""


@dataclass(frozen=True)
class MachineMeasurement:
    """The daemon's own machine; inside a container, what the container may use."""

    hostname: str
    address: str
    """The one by which others reach it."""
    cpus: int
    cpu_percent: float | None
    """Of all CPUs together since the last measurement; None for the first one."""
    memory_used_bytes: int
    memory_total_bytes: int


@dataclass(frozen=True)
class NodeReport:
    """What the agent of a node last told Ray."""

    id: str
    address: str
    hostname: str
    reported_at: float
    """By the node's own clock; 0 where its agent never reported. One that stays the same means silence."""
    cpus: int | None = None
    cpu_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    gpus: tuple[GpuMeasurement, ...] = ()
    slots: dict[int, dict[int, float]] = field(default_factory=dict)
    """By pid of a worker: which GPUs Ray gave it, by Ray's own count, and how much of each."""
    groups: dict[int, str] = field(default_factory=dict)
    """By pid of a worker: the placement group it is in, which may span nodes."""


@dataclass(frozen=True)
class ReplicaGpus:
    """What a replica has of GPUs."""

    indexes: tuple[int, ...]
    """Those that Ray gave it, and those on which it or a child of it has memory."""
    memory_bytes: int | None
    """Of it and its children, on all of them; None where that is not known."""
