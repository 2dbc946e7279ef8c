"""Whether the kernel's out-of-memory killer was at work: its counters, a few seconds back and now."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CGROUPS = Path("/sys/fs/cgroup")
WHOLE_MACHINE = Path("/proc/vmstat")
SAMPLES = 6
"""A large process may need seconds to die after it was counted, so the last count would be too young to compare to."""


class OomKills:
    """Counters by file, sampled about once a second."""

    def __init__(self) -> None:
        self._samples: dict[Path, deque[int]] = {}

    def sample(self, counters: Iterable[Path]) -> None:
        """Note the counters as they are now, and forget those that are no longer asked for."""
        wanted = set(counters)
        self._samples = {path: known for path, known in self._samples.items() if path in wanted}
        for path in wanted:
            self._samples.setdefault(path, deque(maxlen=SAMPLES)).append(_read(path))

    def have_risen(self, counter: Path) -> bool:
        """Whether anything was killed since the oldest sample."""
        known = self._samples.get(counter)
        return known is not None and _read(counter) > known[0]


def counter_of(pid: int) -> Path:
    """The file with the counter of a process's control group, or of the whole machine where that has none."""
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return WHOLE_MACHINE
    for line in groups:
        if line.startswith("0::/"):
            events = CGROUPS / line.removeprefix("0::/") / "memory.events"
            return events if _has_counter(events) else WHOLE_MACHINE
    return WHOLE_MACHINE


def _has_counter(path: Path) -> bool:
    try:
        return "oom_kill " in path.read_text()
    except OSError:
        return False


def _read(path: Path) -> int:
    try:
        for line in path.read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except (OSError, ValueError):
        return 0
    return 0
