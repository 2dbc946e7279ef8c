"""On a machine with a GPU: what NVML says there is what really happens. ``make test-gpu`` runs these."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pynvml
import pytest

from aanad.adapters.machine import Machine
from aanad.adapters.nvml import NvmlSampler
from aanad.adapters.processes import Processes
from aanad.core.hardware import Hardware
from aanad.core.hosts import Hosts
from aanad.core.measurements import GpuReading
from aanad.core.node_reports import NodeReports
from aanad.core.observation import Observation
from aanad.core.sampling import Sampling
from aanad.wire.hardware import HardwareState
from tests.e2e.box import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.nvml import TraceNvml
from tests.gpu.record import record

pytestmark = pytest.mark.gpu
MIB = 1024 * 1024
CONTEXT_BYTES = 1536 * MIB
"""What CUDA itself takes of the memory for a process, at most."""


@dataclass(frozen=True)
class Load:
    """A process that works on the first GPU."""

    pid: int
    held_bytes: int
    """By torch."""


@pytest.fixture(scope="module")
def sampler() -> Iterator[NvmlSampler]:
    """As in the daemon."""
    sampler = NvmlSampler()
    sampler.start()
    eventually(sampler.latest, lambda reading: reading.state is HardwareState.OK, within=60)
    yield sampler
    sampler.stop()


@pytest.fixture
def load() -> Iterator[Load]:
    """Two GiB and as much work as the GPU can do; which GPU torch means is told by the order of the bus."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("load.py")],
        env={**os.environ, "CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    pid, held = map(int, process.stdout.readline().split())
    yield Load(pid, held)
    process.communicate("")


def used(reading: GpuReading) -> int:
    """Bytes of the first GPU."""
    return reading.gpus[0].memory_used_bytes or 0


def test_what_nvml_says_is_plausible(sampler: NvmlSampler) -> None:
    """As many as NVML counts, each with a name, a UUID and more memory than is in use; none of them in trouble."""
    reading = sampler.latest()

    assert len(reading.gpus) == pynvml.nvmlDeviceGetCount()
    for gpu in reading.gpus:
        assert (gpu.state, gpu.reason) == (HardwareState.OK, "ok")
        assert gpu.uuid.startswith("GPU-")
        assert gpu.name
        assert 0 <= (gpu.memory_used_bytes or 0) < (gpu.memory_total_bytes or 0)


def test_utilisation_and_memory_follow_a_load(sampler: NvmlSampler, load: Load) -> None:
    """Utilisation rises and falls again; memory grows by what torch holds and CUDA takes."""
    busy = eventually(sampler.latest, lambda reading: (reading.gpus[0].utilization_percent or 0) > 50, within=60)

    [mine] = [user for user in busy.gpus[0].users if user.pid == load.pid]
    assert load.held_bytes <= (mine.gpu_memory_bytes or 0) <= load.held_bytes + CONTEXT_BYTES
    assert used(busy) >= load.held_bytes


async def test_a_process_that_is_no_replica_is_foreign(sampler: NvmlSampler, load: Load) -> None:
    """It is named by its command, so that one knows whom to ask."""
    eventually(sampler.latest, lambda reading: load.pid in {user.pid for user in reading.gpus[0].users}, within=60)
    clock, observation = FakeClock(), Observation()
    reports = NodeReports(cluster=FakeCluster(), observation=observation, clock=clock)
    sampling = Sampling(machine=Machine(), gpus=sampler, reports=reports, clock=clock)
    hardware = Hardware(
        hosts=Hosts(sampling=sampling, reports=reports, sampler=sampler, observation=observation),
        history=sampling.history,
        processes=Processes(),
        observation=observation,
        clock=clock,
    )

    [mine] = [process for gpu in await hardware.gpus() for process in gpu.processes if process.pid == load.pid]

    assert (mine.is_foreign, mine.project, mine.name.startswith("python")) == (True, None, True)


def test_a_trace_of_this_machine_can_be_recorded_and_replayed() -> None:
    """What is replayed are the same GPUs."""
    seconds = record(pynvml, 2)
    replayed = TraceNvml(seconds)

    assert replayed.nvmlDeviceGetCount() == pynvml.nvmlDeviceGetCount()
    assert replayed.nvmlDeviceGetUUID(replayed.nvmlDeviceGetHandleByIndex(0)).startswith("GPU-")
