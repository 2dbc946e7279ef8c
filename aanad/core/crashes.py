"""Replicas that died without being asked to: what ended each, and whether one deployment's die again and again."""

from __future__ import annotations

import re
import signal
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from aanad.core.projects import Obstacle
from aanad.wire.phase import Reason
from aanad.wire.projects import Crash, CrashKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aanad.core.observation import Death
    from aanad.wire.unit import WorkerExit

KEPT = 10
"""Crashes that are remembered of one deployment."""
LOOP_CRASHES = 3
LOOP_WINDOW = timedelta(minutes=10)
"""So many crashes within this time are a loop."""
STEADY_AFTER = timedelta(minutes=2)
"""Without a further crash for this long, it is none any more."""
_GPU_MEMORY = re.compile(
    r"CUDA out of memory|CUDA error: out of memory|torch\.OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED"
)
_HOST_MEMORY = re.compile(
    r"^MemoryError\b|DefaultCPUAllocator: can't allocate memory|Cannot allocate memory|std::bad_alloc"
)
_UNHEALTHY = re.compile(r"^Unhealthy: (.+)$", re.MULTILINE)
"""What a replica writes that is to be replaced because its calls fail."""
_SIGNAL = re.compile(r"\*\*\* (SIG[A-Z]+) received")
_EXCEPTION = re.compile(r"^(?:[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt))\b.*$")


@dataclass
class Crashes:
    """The last crashes of each deployment, by project and deployment; the newest last."""

    _kept: dict[tuple[str, str], deque[Crash]] = field(default_factory=dict)

    def add(self, project: str, crash: Crash) -> None:
        """Remember one."""
        self._kept.setdefault((project, crash.deployment), deque(maxlen=KEPT)).append(crash)

    def of(self, project: str, deployment: str) -> list[Crash]:
        """The last ones of a deployment, the newest first."""
        return list(reversed(self._kept.get((project, deployment), ())))

    def all(self, project: str) -> list[Crash]:
        """The last ones of a project, the oldest first by deployment."""
        return [crash for (name, _), crashes in self._kept.items() if name == project for crash in crashes]

    def forget(self, project: str) -> None:
        """Something about the project was changed on purpose: it gets a new chance."""
        self._kept = {key: crashes for key, crashes in self._kept.items() if key[0] != project}

    def loop(self, project: str, deployment: str, now: datetime) -> Obstacle | None:
        """The crash loop that a deployment is in, if it is in one."""
        recent = [crash for crash in self._kept.get((project, deployment), ()) if now - crash.at < LOOP_WINDOW]
        if len(recent) < LOOP_CRASHES or now - recent[-1].at > STEADY_AFTER:
            return None
        minutes = max(1, round((now - recent[0].at).total_seconds() / 60))
        times = "10 times or more" if len(recent) == KEPT else f"{len(recent)} times"
        message = (
            f"{deployment} crashed {times} within {minutes} min, the last time: {recent[-1].message} "
            "Each new start waits longer, at most a minute."
        )
        hint = f"aana logs {project} --deployment {deployment}; mend it and deploy, or aana stop {project}."
        return Obstacle(Reason.CRASH_LOOP, message, hint)


def memory_reason(text: str) -> Reason | None:
    """Which memory ran out, by what was written; None where nothing says so."""
    if _GPU_MEMORY.search(text):
        return Reason.GPU_OUT_OF_MEMORY
    if any(_HOST_MEMORY.search(line) for line in text.splitlines()):
        return Reason.OUT_OF_MEMORY
    return None


def crash_of(death: Death, *, at: datetime, exits: Iterable[WorkerExit], lines: list[str], reported: str = "") -> Crash:
    """What ended a replica.

    Args:
        death: the replica that is gone.
        at: when that was seen.
        exits: what the unit saw of processes of this machine.
        lines: the last lines that it wrote.
        reported: what Serve says of its deployment.
    """
    ended = next((each for each in reversed(list(exits)) if each.pid == death.pid), None)
    text = "\n".join([*lines, reported])
    name = _signal_name(ended.signal) if ended is not None and ended.signal else None
    if name is None and (found := _SIGNAL.search(text)):
        name = found[1]
    kind, message = _judged(death, ended, name, text)
    return Crash(
        deployment=death.deployment,
        replica=death.replica,
        node=death.node or "",
        pid=death.pid,
        at=ended.at if ended is not None else at,
        kind=kind,
        exit_code=ended.exit_code if ended is not None else None,
        signal=name,
        message=message,
        lines=lines,
    )


def _judged(death: Death, ended: WorkerExit | None, name: str | None, text: str) -> tuple[CrashKind, str]:
    if unhealthy := _UNHEALTHY.search(text):
        return CrashKind.UNHEALTHY, f"{unhealthy[1].rstrip('.')}."
    memory = memory_reason(text)
    if memory is Reason.GPU_OUT_OF_MEMORY:
        return CrashKind.GPU_OUT_OF_MEMORY, "The GPU ran out of memory."
    if memory is not None or (ended is not None and ended.out_of_memory):
        return CrashKind.OUT_OF_MEMORY, "The machine ran out of memory."
    if not death.was_ready and (cause := _last_exception(text)):
        return CrashKind.START_FAILED, f"It failed while it started: {cause}"
    if name is not None:
        return CrashKind.SIGNAL, f"It was ended by {name}."
    if ended is not None and ended.exit_code is not None:
        return CrashKind.EXIT, f"Its process ended with exit code {ended.exit_code}."
    return CrashKind.UNKNOWN, "Its process is gone, and nothing says why."


def _last_exception(text: str) -> str | None:
    found = [line.strip() for line in text.splitlines() if _EXCEPTION.match(line.strip())]
    return found[-1] if found else None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
