"""The machines of the cluster with their GPUs: this one by its own sensors, the others by Ray's reports."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aanad.core import gpu_use
from aanad.core.measurements import GpuMeasurement, GpuReading
from aanad.core.placement import GPU
from aanad.core.sampling import THIS
from aanad.wire.hardware import HardwareState

if TYPE_CHECKING:
    from aanad.core.node_reports import NodeReports, SeenNode
    from aanad.core.observation import Observation
    from aanad.core.ports import GpuSampler
    from aanad.core.sampling import Sampling


@dataclass(frozen=True)
class Host:
    """One machine now."""

    key: str
    """What its series are filed under."""
    id: str
    """Ray's; empty while Ray is not up."""
    address: str
    hostname: str
    state: HardwareState
    reason: str
    message: str
    hint: str
    cpus: int | None
    cpu_percent: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    measured_at: datetime | None
    reading: GpuReading
    """Its GPUs; `gpus` of it are those that were measured."""
    unseen: tuple[GpuMeasurement, ...] = ()
    """GPUs that Ray hands out and nobody can measure."""
    index_of: dict[int, int] = field(default_factory=dict)
    """The index of the GPU behind each of Ray's slots."""
    slots: dict[int, dict[int, float]] = field(default_factory=dict)
    """By pid of a worker, what it holds by Ray's count."""
    groups: dict[int, str] = field(default_factory=dict)
    """By pid of a worker, its placement group."""
    resources: dict[str, float] = field(default_factory=dict)
    """What Ray may hand out."""

    @property
    def is_local(self) -> bool:
        """Whether it is the daemon's own machine."""
        return self.key == THIS

    @property
    def gpus(self) -> list[GpuMeasurement]:
        """All of them, by index."""
        return sorted([*self.reading.gpus, *self.unseen], key=lambda gpu: gpu.index)


class Hosts:
    """Puts together what the sensors and Ray say."""

    def __init__(
        self, *, sampling: Sampling, reports: NodeReports, sampler: GpuSampler, observation: Observation
    ) -> None:
        self._sampling = sampling
        self._reports = reports
        self._sampler = sampler
        self._observation = observation

    async def list(self) -> list[Host]:
        """This machine first; where the cluster is known and this machine is no part of it, it is left out."""
        seen = await self._reports.read()
        local = next((each for each in seen if each.is_local), None)
        hosts = [self._this(local)] if local or not seen else []
        return [*hosts, *(self._other(each) for each in seen if not each.is_local)]

    def _this(self, seen: SeenNode | None) -> Host:
        machine, measured_at = self._sampling.machine
        reading = self._sampler.latest()
        unit = self._observation.unit
        index_of = gpu_use.indexes(_handed_out(seen), unit.visible_gpus if unit else None, reading.gpus)
        return Host(
            key=THIS,
            id=seen.report.id if seen else "",
            address=seen.report.address if seen else machine.address,
            hostname=machine.hostname,
            state=HardwareState.OK,
            reason="ok",
            message="",
            hint="",
            cpus=machine.cpus,
            cpu_percent=machine.cpu_percent,
            memory_used_bytes=machine.memory_used_bytes,
            memory_total_bytes=machine.memory_total_bytes,
            measured_at=measured_at,
            reading=reading,
            unseen=_unseen(index_of, reading),
            index_of=index_of,
            slots=seen.report.slots if seen else {},
            groups=seen.report.groups if seen else {},
            resources=seen.resources if seen else {},
        )

    def _other(self, seen: SeenNode) -> Host:
        report = seen.report
        state, reason, message, hint = self._standing(seen)
        measured_at = datetime.fromtimestamp(report.reported_at, UTC) if report.reported_at else None
        told = {"state": state, "reason": reason, "message": message, "hint": hint, "measured_at": measured_at}
        gpus = tuple(replace(gpu, **told) for gpu in report.gpus)  # type: ignore[arg-type]
        # What the unit of another node restricts is not told: Ray's count is taken for NVML's there.
        index_of = gpu_use.indexes(_handed_out(seen), None, gpus)
        reading = GpuReading(state, reason, message, hint, gpus) if gpus else GpuReading(HardwareState.NONE, "no_gpu")
        return Host(
            key=report.id,
            id=report.id,
            address=report.address,
            hostname=report.hostname,
            state=state,
            reason=reason,
            message=message,
            hint=hint,
            cpus=report.cpus,
            cpu_percent=report.cpu_percent,
            memory_used_bytes=report.memory_used_bytes,
            memory_total_bytes=report.memory_total_bytes,
            measured_at=measured_at,
            reading=reading,
            unseen=_unseen(index_of, reading),
            index_of=index_of,
            slots=report.slots,
            groups=report.groups,
            resources=seen.resources,
        )

    def _standing(self, seen: SeenNode) -> tuple[HardwareState, str, str, str]:
        if not self._reports.is_reachable:
            return (
                HardwareState.STALE,
                "cluster_unreachable",
                "Ray does not answer; what is shown is what it said last.",
                "aana status shows the Ray unit.",
            )
        if seen.is_silent:
            return (
                HardwareState.STALE,
                "node_silent",
                "Its agent has not reported to Ray for a while; what is shown is its last report.",
                "Is the machine up and reachable? Ray drops it by itself when it is gone.",
            )
        return HardwareState.OK, "ok", "", ""


def _handed_out(seen: SeenNode | None) -> range:
    """Ray's slots for GPUs."""
    return range(int(seen.resources.get(GPU, 0)) if seen else 0)


def _unseen(index_of: dict[int, int], reading: GpuReading) -> tuple[GpuMeasurement, ...]:
    """What only Ray speaks of."""
    state, reason = HardwareState.FAILED, reading.reason
    told, hint = reading.message.rstrip("."), reading.hint
    if reading.state is HardwareState.OK or reason == "no_gpu":
        reason, told = "gpu_not_found", "there is none of this number"
    elif reading.state is HardwareState.STALE:
        state = HardwareState.STALE
    message = f"Ray hands it out, but it cannot be measured: {told}."
    hint = hint or "ray.num_gpus says how many GPUs Ray hands out, whatever the machine has."
    measured = {gpu.index for gpu in reading.gpus}
    return tuple(
        GpuMeasurement(index, "", "", state, reason, message, hint)
        for index in sorted(set(index_of.values()) - measured)
    )
