"""What ended a replica, and when it is a crash loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aanad.core.crashes import Crashes, crash_of
from aanad.core.observation import Death
from aanad.wire.projects import CrashKind
from aanad.wire.unit import WorkerExit
from tests.core.conftest import Box, make_box

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DEATH = Death("asr", "model", "abc", 41, was_ready=True, node="10.0.0.1", node_id="n1", worker_id="w1")
STARTING = Death("asr", "model", "abc", 41, was_ready=False)


def ended(**how: object) -> list[WorkerExit]:
    """What the unit saw of the process, after that of another one."""
    title = "ray::ServeReplica:asr:model"
    return [
        WorkerExit(pid=40, title=title, at=NOON, exit_code=9),
        WorkerExit.model_validate({"pid": 41, "title": title, "at": NOON, **how}),
    ]


@pytest.mark.parametrize(
    ("exits", "lines", "kind", "said"),
    [
        (ended(signal=11), [], CrashKind.SIGNAL, "It was ended by SIGSEGV."),
        (ended(signal=9), [], CrashKind.SIGNAL, "It was ended by SIGKILL."),
        (ended(signal=9, out_of_memory=True), [], CrashKind.OUT_OF_MEMORY, "The machine ran out of memory."),
        (ended(exit_code=3), [], CrashKind.EXIT, "Its process ended with exit code 3."),
        (ended(), ["*** SIGABRT received at time=1 ***"], CrashKind.SIGNAL, "It was ended by SIGABRT."),
        (
            ended(exit_code=1),
            ["torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB."],
            CrashKind.GPU_OUT_OF_MEMORY,
            "The GPU ran out of memory.",
        ),
        (
            ended(exit_code=1),
            ["RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"],
            CrashKind.OUT_OF_MEMORY,
            "The machine ran out of memory.",
        ),
        (
            ended(signal=9),
            ["RuntimeError: CUDA out of memory", "Unhealthy: 6 of 10 calls failed, the last one with RuntimeError: x."],
            CrashKind.UNHEALTHY,
            "6 of 10 calls failed, the last one with RuntimeError: x.",
        ),
        (ended(), [], CrashKind.UNKNOWN, "Its process is gone, and nothing says why."),
        ([], [], CrashKind.UNKNOWN, "Its process is gone, and nothing says why."),
    ],
)
def test_what_ended_a_replica(exits: list[WorkerExit], lines: list[str], kind: CrashKind, said: str) -> None:
    """Signals, exit codes, memory of the machine or the GPU: told apart by the kernel, or by what was written."""
    crash = crash_of(DEATH, at=NOON, exits=exits, lines=lines)

    assert (kind, said, lines) == (crash.kind, crash.message, crash.lines)
    assert ("10.0.0.1", 41) == (crash.node, crash.pid)


def test_a_start_that_fails_says_what_was_raised() -> None:
    """The last exception of what Serve reports; one that served before did not fail to start."""
    reported = "A replica failed to start.\nValueError: no such weights\n"

    crash = crash_of(STARTING, at=NOON, exits=[], lines=[], reported=reported)

    assert (CrashKind.START_FAILED, "It failed while it started: ValueError: no such weights") == (
        crash.kind,
        crash.message,
    )


def test_three_crashes_within_ten_minutes_are_a_loop() -> None:
    """Two are not; three that lie further apart are not; after two quiet minutes it is over."""
    crashes = Crashes()
    for minutes in (0, 1):
        crashes.add("asr", crash_of(DEATH, at=NOON + timedelta(minutes=minutes), exits=[], lines=[]))
    assert crashes.loop("asr", "model", NOON + timedelta(minutes=1)) is None

    crashes.add("asr", crash_of(DEATH, at=NOON + timedelta(minutes=2), exits=[], lines=[]))
    loop = crashes.loop("asr", "model", NOON + timedelta(minutes=3))

    assert loop is not None
    assert loop.message.startswith("model crashed 3 times within 3 min, the last time: Its process is gone")
    assert crashes.loop("asr", "model", NOON + timedelta(minutes=5)) is None
    assert crashes.loop("asr", "other", NOON + timedelta(minutes=3)) is None
    crashes.forget("asr")
    assert crashes.loop("asr", "model", NOON + timedelta(minutes=3)) is None


def test_crashes_far_apart_are_no_loop() -> None:
    """One every six minutes is bad luck."""
    crashes = Crashes()
    for minutes in (0, 6, 12, 18):
        crashes.add("asr", crash_of(DEATH, at=NOON + timedelta(minutes=minutes), exits=[], lines=[]))

    assert crashes.loop("asr", "model", NOON + timedelta(minutes=18)) is None


async def crash(box: Box) -> None:
    """A replica of the model dies, Serve starts another, which is ready soon."""
    box.cluster.kill_replica("asr", "model")
    await box.settle(3)


async def test_a_crash_loop_is_seen_with_its_evidence(box: Box) -> None:
    """After the third crash the project is degraded for it, with exit, last lines and a hint; a deploy begins anew."""
    await box.deploy("asr")
    for _ in range(3):
        [replica] = [r for r in await box.overview.replicas("asr") if r.deployment == "model"]
        box.unit.exits = [
            WorkerExit(pid=replica.pid or 0, title="ray::ServeReplica:asr:model", at=box.clock.now(), signal=11)
        ]
        box.cluster.log_lines[f"serve/{replica.id}.log"] = ["the last words"]
        await crash(box)

    project = await box.project("asr")
    assert ("degraded", "crash_loop") == (project.phase, project.reason)
    assert "It was ended by SIGSEGV." in project.message
    [model] = [deployment for deployment in project.deployments if deployment.name == "model"]
    assert (3, ["the last words"], "SIGSEGV") == (
        len(model.crashes),
        model.crashes[0].lines,
        model.crashes[0].signal,
    )

    await box.deploy("asr", "v2")
    assert await box.standing("asr") == ("running", "ready")


async def test_a_quiet_time_ends_a_crash_loop(box: Box) -> None:
    """Two minutes without a crash, and the project is just running."""
    await box.deploy("asr")
    for _ in range(3):
        await crash(box)
    assert (await box.project("asr")).reason == "crash_loop"

    box.clock.advance(121)
    await box.settle(2)

    assert await box.standing("asr") == ("running", "ready")


async def test_a_new_daemon_remembers_the_crashes(box: Box) -> None:
    """They are in the record of events, so a restart of the daemon hides none."""
    await box.deploy("asr")
    for _ in range(3):
        await crash(box)

    again = make_box(box.store, box.cluster, box.clock)
    await again.reconciler.restore()
    await again.settle(2)

    assert (await again.project("asr")).reason == "crash_loop"
