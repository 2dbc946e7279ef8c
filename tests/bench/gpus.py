"""What sampling costs with eight GPUs: CPU time a second of the NVML thread and of the history, and their memory."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from aanad.adapters.machine import Machine
from aanad.adapters.nvml_session import NvmlSession
from aanad.core.measurements import GpuReading
from aanad.core.node_reports import NodeReports
from aanad.core.observation import Observation
from aanad.core.sampling import Sampling
from aanad.wire.hardware import HardwareState
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.hardware import FakeGpus
from tests.fakes.nvml import TraceNvml

GPUS = 8
SECONDS = 3600


def report() -> None:
    """Print the figures."""
    session = NvmlSession(lambda: trace, has_card=lambda: True)
    trace = TraceNvml([_eight(TraceNvml.read("two_gpus"))])
    read = _cpu_s(lambda: session.read(datetime.now(UTC)), 300)
    gpus, clock = FakeGpus(), FakeClock()
    reports = NodeReports(cluster=FakeCluster(), observation=Observation(), clock=clock)
    sampling = Sampling(machine=Machine(), gpus=gpus, reports=reports, clock=clock)
    reading = GpuReading(HardwareState.OK, "ok", gpus=session.read(datetime.now(UTC)))

    def take() -> None:
        gpus.show(reading)
        sampling.take()
        clock.advance(1)

    taken = _cpu_s(take, SECONDS)
    keys = sampling.history.series()
    last = int(clock.monotonic()) - 1
    served = _cpu_s(lambda: [sampling.history.read(key, last=last, seconds=SECONDS, width=200) for key in keys], 5)
    print(f"{GPUS} GPUs, CPU time for each second: NVML {read * 1000:.2f} ms, history {taken * 1000:.2f} ms")
    print(
        f"the hour: {sampling.history.size_bytes // 1024} KiB in {len(keys)} series, served in {served * 1000:.1f} ms"
    )


def _eight(trace: TraceNvml) -> dict[str, Any]:
    """The first, busy second of the trace's first GPU, eight times."""
    trace.go_to(1)
    answers = {call: answer for call, answer in trace._answers.items() if "gpu" not in call and "Index" not in call}
    answers["nvmlDeviceGetCount()"] = GPUS
    for number in range(GPUS):
        for call, answer in trace._answers.items():
            if "(gpu0" in call:
                answers[call.replace("gpu0", f"gpu{number}")] = answer
        answers[f"nvmlDeviceGetHandleByIndex({number})"] = {"handle": f"gpu{number}"}
        answers[f"nvmlDeviceGetUUID(gpu{number})"] = f"GPU-{number}"
    return answers


def _cpu_s(work: Any, times: int) -> float:
    begun = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - begun) / times
