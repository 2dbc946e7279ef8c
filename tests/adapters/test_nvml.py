"""GPUs through NVML, by a recorded trace: what is read, and every way in which a driver misbehaves as a state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from aanad.adapters.nvml import NvmlSampler
from aanad.adapters.nvml_session import NvmlFailure, NvmlSession
from aanad.core.measurements import GpuMeasurement, GpuReading, GpuUser
from aanad.wire.hardware import HardwareState
from tests.e2e.box import eventually
from tests.fakes.nvml import TraceNvml
from tests.gpu.record import record

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GIB = 1024**3
FIRST, SECOND = "GPU-3c8f9f06-1f7c-4d0e-9f52-7f3a52a1c001", "GPU-a4d7e0b2-5b1e-4c55-8a3f-0c9d7e6b2002"
EVERY_S = 0.01
TIMEOUT_S = 0.1


@pytest.fixture
def trace() -> TraceNvml:
    """Two H100, at the beginning."""
    return TraceNvml.read("two_gpus")


class Stopwatch:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """As `time.monotonic`."""
        return self.now


@pytest.fixture
def clock() -> Stopwatch:
    """Of the session."""
    return Stopwatch()


@pytest.fixture
def session(trace: TraceNvml, clock: Stopwatch) -> NvmlSession:
    """On the trace."""
    return NvmlSession(lambda: trace, monotonic=clock, has_card=lambda: True)


@pytest.fixture
def sampler(session: NvmlSession) -> Iterator[NvmlSampler]:
    """A hundred times as fast as in the daemon."""
    sampler = NvmlSampler(session, every_s=EVERY_S, timeout_s=TIMEOUT_S)
    sampler.start()
    yield sampler
    sampler.stop()


def until(sampler: NvmlSampler, wanted: Callable[[GpuReading], bool]) -> GpuReading:
    """The first reading that is as wanted."""
    return eventually(sampler.latest, wanted, within=20, every=0.005)


def states(reading: GpuReading) -> list[tuple[int, str, str]]:
    """Index, state and reason of each GPU."""
    return [(gpu.index, gpu.state.value, gpu.reason) for gpu in reading.gpus]


def test_everything_is_read_in_the_units_of_the_wire(trace: TraceNvml, session: NvmlSession) -> None:
    """Bytes, watts, degrees, percents; throttling in words; a process that computes and draws is one process."""
    trace.go_to(1)

    first, second = session.read(NOW)

    assert first == GpuMeasurement(
        index=0,
        uuid=FIRST,
        name="NVIDIA H100 80GB HBM3",
        utilization_percent=97.0,
        memory_used_bytes=int(20.5 * GIB),
        memory_total_bytes=80 * GIB,
        temperature_c=74.0,
        power_w=698.5,
        power_limit_w=700.0,
        throttling=("power", "thermal"),
        users=(GpuUser(999, GIB // 4), GpuUser(4242, 20 * GIB)),
        measured_at=NOW,
    )
    assert (second.index, second.utilization_percent, second.throttling, second.users) == (1, 0.0, (), ())


def test_what_a_gpu_cannot_say_is_none(trace: TraceNvml, session: NvmlSession) -> None:
    """One quantity that is not supported takes none of the others with it."""
    trace.go_to(2)
    # Some laptops' cards answer so for the power alone.
    trace.change(**{"nvmlDeviceGetEnforcedPowerLimit(gpu0)": {"error": 999}})

    first, second = session.read(NOW)

    assert (first.state, first.power_limit_w, first.power_w) == (HardwareState.OK, None, 698.5)
    assert (second.temperature_c, second.power_w, second.power_limit_w) == (None, None, 700.0)
    assert (second.state, second.users) == (HardwareState.OK, (GpuUser(5151, None),))


def test_an_older_driver_is_asked_by_the_older_names(trace: TraceNvml, session: NvmlSession) -> None:
    """Its functions are found once, and the newer ones not tried again each second."""
    gone = [call for call in trace._answers if "_v3(gpu0)" in call or "TemperatureV(gpu0" in call or "33554472" in call]
    trace.change(**{call: {"error": 13} for call in gone})
    trace.change(
        **{
            "nvmlDeviceGetTemperature(gpu0, 0)": 44,
            "nvmlDeviceGetMemoryInfo(gpu0)": {"struct": {"used": GIB, "total": 80 * GIB}},
            "nvmlDeviceGetComputeRunningProcesses_v2(gpu0)": [{"struct": {"pid": 7, "usedGpuMemory": GIB}}],
        }
    )

    for _ in range(3):
        first = session.read(NOW)[0]

    assert (first.temperature_c, first.memory_used_bytes, first.users) == (44.0, GIB, (GpuUser(7, GIB),))
    # Once for the first GPU, three times for the second one, which has it.
    assert trace.calls["nvmlDeviceGetTemperatureV"] == 4


def test_a_lost_gpu_is_said_and_the_others_go_on(trace: TraceNvml, session: NvmlSession) -> None:
    """With who it was, when it was last there and the last Xid; what it did is not repeated as if it were now."""
    before = NOW - timedelta(seconds=1)
    session.read(before)
    trace.go_to(5)

    first, second = session.read(NOW)

    assert (first.state, first.measured_at) == (HardwareState.OK, NOW)
    assert (second.state, second.reason, second.uuid) == (HardwareState.LOST, "gpu_lost", SECOND)
    assert second.message == "The GPU fell off the bus. Xid 79 at 03:04:05 UTC: the GPU has fallen off the bus."
    assert "dmesg" in second.hint
    assert (second.utilization_percent, second.memory_used_bytes, second.users) == (None, None, ())
    assert second.measured_at == before
    trace.go_to(6)
    assert session.read(NOW + timedelta(seconds=1))[1].message == second.message


def test_a_gpu_is_looked_for_again_and_keeps_its_index(
    trace: TraceNvml, session: NvmlSession, clock: Stopwatch
) -> None:
    """NVML is begun anew once a minute while one is lost; what it counts anew is still called as before."""
    session.read(NOW)
    trace.go_to(6)
    session.read(NOW)
    assert trace.calls["nvmlInit"] == 1
    clock.now += 61
    assert [gpu.reason for gpu in session.read(NOW)] == ["ok", "gpu_lost"]
    assert trace.calls["nvmlInit"] == 2
    trace.go_to(7)
    with pytest.raises(NvmlFailure) as caught:
        session.read(NOW)
    assert caught.value.reason == "nvml_error"
    trace.go_to(8)

    found = session.read(NOW)

    # The card that NVML calls 0 by now was 1, and is so for Ray.
    assert [(gpu.index, gpu.uuid, gpu.reason) for gpu in found] == [(0, FIRST, "gpu_lost"), (1, SECOND, "ok")]


def test_a_gpu_that_is_lost_from_the_start_is_listed(trace: TraceNvml, session: NvmlSession) -> None:
    """Though not even its name can be asked for."""
    trace.go_to(6)

    assert [(gpu.index, gpu.uuid, gpu.reason) for gpu in session.read(NOW)] == [(0, FIRST, "ok"), (1, "", "gpu_lost")]


@pytest.mark.parametrize(
    ("code", "reason", "word"),
    [(16, "gpu_reset_required", "--gpu-reset -i 0"), (999, "nvml_error", "nvidia-smi")],
)
def test_a_gpu_that_fails_is_said_with_what_to_do(
    trace: TraceNvml, session: NvmlSession, code: int, reason: str, word: str
) -> None:
    """And is well again as soon as it answers."""
    session.read(NOW)
    memory = "nvmlDeviceGetMemoryInfo(gpu0, 33554472)"
    well = trace._answers[memory]
    trace.change(**{memory: {"error": code}})

    first, second = session.read(NOW)

    assert (first.state, first.reason, second.reason) == (HardwareState.FAILED, reason, "ok")
    assert word in first.hint
    trace.change(**{memory: well})
    assert session.read(NOW)[0].state is HardwareState.OK


@pytest.mark.parametrize(
    ("code", "reason", "word"),
    [
        (12, "nvml_missing", "Install the NVIDIA driver"),
        (9, "driver_not_loaded", "modprobe nvidia"),
        (18, "driver_mismatch", "reboot"),
        (4, "nvml_no_permission", "/dev/nvidiactl"),
        (999, "nvml_error", "nvidia-smi"),
    ],
)
def test_a_driver_that_does_not_begin_is_a_reason(
    trace: TraceNvml, session: NvmlSession, code: int, reason: str, word: str
) -> None:
    """With a sentence and the next step; as soon as it begins, the GPUs are there."""
    trace.change(**{"nvmlInit()": {"error": code}})

    with pytest.raises(NvmlFailure) as caught:
        session.read(NOW)

    assert (caught.value.reason, caught.value.state) == (reason, HardwareState.FAILED)
    assert word in caught.value.hint
    trace.change(**{"nvmlInit()": None})
    assert len(session.read(NOW)) == 2


def test_no_card_and_no_driver_is_normal(trace: TraceNvml) -> None:
    """A laptop; nothing failed, and nothing is to be done."""
    trace.change(**{"nvmlInit()": {"error": 12}})

    with pytest.raises(NvmlFailure) as caught:
        NvmlSession(lambda: trace, has_card=lambda: False).read(NOW)

    assert (caught.value.state, caught.value.hint) == (HardwareState.NONE, "")


def test_mig_shows_the_card_with_the_processes_of_its_instances(trace: TraceNvml, session: NvmlSession) -> None:
    """Its utilisation is not measured then, and it says so; instances are known by their UUIDs."""
    trace.change(
        **{
            "nvmlDeviceGetMigMode(gpu0)": [1, 1],
            "nvmlDeviceGetMaxMigDeviceCount(gpu0)": 3,
            "nvmlDeviceGetMigDeviceHandleByIndex(gpu0, 0)": {"handle": "mig0"},
            "nvmlDeviceGetMigDeviceHandleByIndex(gpu0, 1)": {"handle": "mig1"},
            "nvmlDeviceGetMigDeviceHandleByIndex(gpu0, 2)": {"error": 6},
            "nvmlDeviceGetUUID(mig0)": "MIG-0",
            "nvmlDeviceGetUUID(mig1)": "MIG-1",
            "nvmlDeviceGetUtilizationRates(gpu0)": {"error": 3},
            "nvmlDeviceGetComputeRunningProcesses_v3(mig0)": [{"struct": {"pid": 7, "usedGpuMemory": GIB}}],
            "nvmlDeviceGetComputeRunningProcesses_v3(mig1)": [{"struct": {"pid": 7, "usedGpuMemory": 2 * GIB}}],
            "nvmlDeviceGetComputeRunningProcesses_v3(gpu0)": {"error": 4},
        }
    )

    first = session.read(NOW)[0]

    assert (first.state, first.parts, first.users) == (HardwareState.OK, ("MIG-0", "MIG-1"), (GpuUser(7, 3 * GIB),))
    assert (first.utilization_percent, first.memory_total_bytes) == (None, 80 * GIB)
    assert "MIG is on" in first.message


def test_a_hanging_driver_leaves_the_last_reading_as_stale(trace: TraceNvml, sampler: NvmlSampler) -> None:
    """Whoever asks gets an answer at once, with the reason; when the call comes back, sampling goes on."""
    until(sampler, lambda reading: reading.state is HardwareState.OK)
    trace.go_to(1)
    until(sampler, lambda reading: reading.gpus[0].utilization_percent == 97)
    trace.go_to(3)

    stale = until(sampler, lambda reading: reading.state is HardwareState.STALE)

    assert stale.reason == "nvml_timeout"
    assert states(stale) == [(0, "stale", "nvml_timeout"), (1, "stale", "nvml_timeout")]
    assert stale.gpus[0].utilization_percent == 97
    assert "reboot" in stale.hint
    begun = time.monotonic()
    for _ in range(100):
        sampler.latest()
    assert time.monotonic() - begun < TIMEOUT_S
    trace.go_to(4)
    fresh = until(sampler, lambda reading: reading.state is HardwareState.OK)
    assert states(fresh)[0] == (0, "ok", "ok")
    until(sampler, lambda reading: reading.gpus[0].utilization_percent == 50 and reading.number > stale.number)


def test_a_driver_that_hangs_from_the_start_is_stale_with_nothing(trace: TraceNvml) -> None:
    """It cannot be said what GPUs there are, but it is said why."""
    trace.change(**{"nvmlInit()": {"hang": True}})
    fresh = NvmlSampler(NvmlSession(lambda: trace), every_s=EVERY_S, timeout_s=TIMEOUT_S)
    fresh.start()

    assert until(fresh, lambda reading: reading.reason == "nvml_timeout").gpus == ()
    trace.change(**{"nvmlInit()": None})
    until(fresh, lambda reading: len(reading.gpus) == 2)
    fresh.stop()


def test_stopping_does_not_wait_for_a_call_that_hangs(trace: TraceNvml, sampler: NvmlSampler) -> None:
    """The daemon ends in time, whatever the driver does."""
    until(sampler, lambda reading: reading.state is HardwareState.OK)
    trace.go_to(3)
    assert trace.hanging.wait(20)
    begun = time.monotonic()

    sampler.stop()

    assert time.monotonic() - begun < 5
    trace.go_to(4)


def test_stopping_lets_go_of_nvml(trace: TraceNvml, sampler: NvmlSampler) -> None:
    """As the library asks for."""
    until(sampler, lambda reading: reading.state is HardwareState.OK)

    sampler.stop()

    eventually(lambda: trace.calls["nvmlShutdown"], lambda count: count == 1, within=20)


def test_without_a_library_it_is_tried_seldom_and_found_when_it_comes(trace: TraceNvml) -> None:
    """A machine without GPUs is not woken for nothing: sixty times as rarely."""
    trace.change(**{"nvmlInit()": {"error": 12}})
    tried: list[float] = []

    def library() -> TraceNvml:
        tried.append(time.monotonic())
        return trace

    sampler = NvmlSampler(NvmlSession(library, has_card=lambda: False), every_s=EVERY_S, timeout_s=TIMEOUT_S)
    sampler.start()
    assert until(sampler, lambda reading: reading.number > 0).reason == "nvml_missing"
    trace.change(**{"nvmlInit()": None})

    assert len(until(sampler, lambda reading: reading.state is HardwareState.OK).gpus) == 2
    assert tried[1] - tried[0] > 50 * EVERY_S
    sampler.stop()


def test_an_error_that_nobody_foresaw_does_not_end_the_sampling(trace: TraceNvml) -> None:
    """It is logged, shown as a failure, and tried again."""
    failures = [RuntimeError("what is this?")]

    def library() -> TraceNvml:
        if failures:
            raise failures.pop()
        return trace

    sampler = NvmlSampler(NvmlSession(library), every_s=EVERY_S, timeout_s=TIMEOUT_S)
    sampler.start()
    seen = [until(sampler, lambda reading: reading.number > 0).reason]
    until(sampler, lambda reading: reading.state is HardwareState.OK)
    sampler.stop()

    assert seen == ["nvml_error"]


def test_what_the_recorder_notes_can_be_replayed(trace: TraceNvml) -> None:
    """A trace recorded of a trace says the same: so one of a real machine does."""
    replayed = TraceNvml(record(trace, 1, pause_s=0))

    again = NvmlSession(lambda: replayed).read(NOW)

    assert again == NvmlSession(lambda: trace).read(NOW)
    assert len(again) == 2
