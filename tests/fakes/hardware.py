"""A machine without surprises: what a test says it has, and a family tree of processes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from aanad.core.measurements import GpuReading, MachineMeasurement
from aanad.wire.hardware import HardwareState

GIB = 1024**3
NO_GPU = GpuReading(HardwareState.NONE, "nvml_missing", "This machine has no NVIDIA GPU.")


class FakeMachine:
    """Two CPUs, half in use."""

    def __init__(self) -> None:
        self.now = MachineMeasurement("box", "10.0.0.1", 2, 50.0, 4 * GIB, 16 * GIB)

    def measure(self) -> MachineMeasurement:
        return self.now


class FakeGpus:
    """GPUs as the test last said; none at first."""

    def __init__(self) -> None:
        self.reading = NO_GPU

    def latest(self) -> GpuReading:
        return self.reading

    def show(self, reading: GpuReading) -> None:
        """A new reading."""
        self.reading = replace(reading, number=self.reading.number + 1)


@dataclass
class FakeProcesses:
    """`parents` by pid; names are made of pids."""

    parents: dict[int, int] = field(default_factory=dict)

    def name(self, pid: int) -> str:
        return f"process{pid}"

    def lineage(self, pid: int) -> list[int]:
        line = [pid]
        while line[-1] in self.parents:
            line.append(self.parents[line[-1]])
        return line
