"""The daemon's own machine: CPUs and memory, by psutil; inside a container, as far as its limits allow."""

from __future__ import annotations

import math
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from aanad.core.measurements import MachineMeasurement

if TYPE_CHECKING:
    from collections.abc import Callable

CGROUP = Path("/sys/fs/cgroup")
NO_PACKET = ("192.0.2.1", 9)
"""An address for documentation: naming it asks the kernel for a route and sends nothing."""


class Machine:
    """Measures; cheap enough for once a second."""

    def __init__(self, *, cgroup: Path = CGROUP, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._cgroup = cgroup
        self._monotonic = monotonic
        self._hostname = socket.gethostname()
        self._address = _address()
        self._share = self._limit()
        count = len(os.sched_getaffinity(0))
        self._cpus = count if self._share is None else max(1, min(count, math.ceil(self._share)))
        self._used: tuple[float, int] | None = None
        """When, and how many microseconds of CPU time the container had used."""
        self._cpu_percent()

    @property
    def addresses(self) -> frozenset[str]:
        """All of this machine's, as a cluster may call it."""
        return frozenset(each.address for card in psutil.net_if_addrs().values() for each in card) | {self._address}

    def measure(self) -> MachineMeasurement:
        """CPUs since the last time, and memory now."""
        memory = psutil.virtual_memory()
        used, total = memory.total - memory.available, memory.total
        limit = self._number("memory.max")
        if limit is not None and limit < total:
            # What the kernel would give back at once is not in use.
            held, files = self._number("memory.current") or 0, self._field("memory.stat", "inactive_file") or 0
            used, total = max(0, held - files), limit
        return MachineMeasurement(
            hostname=self._hostname,
            address=self._address,
            cpus=self._cpus,
            cpu_percent=self._cpu_percent(),
            memory_used_bytes=used,
            memory_total_bytes=total,
        )

    def _cpu_percent(self) -> float | None:
        """Of all CPUs, or of the container's share of them; None where there is nothing to compare with yet."""
        if self._share is not None and (used := self._field("cpu.stat", "usage_usec")) is not None:
            now, before = self._monotonic(), self._used
            self._used = (now, used)
            if before is None or now <= before[0]:
                return None
            return min(100.0, 100 * (used - before[1]) / 1e6 / (now - before[0]) / self._share)
        return psutil.cpu_percent()

    def _limit(self) -> float | None:
        """CPUs that a container may use, if it has a limit; a part of one counts as such."""
        try:
            quota, period = (self._cgroup / "cpu.max").read_text().split()
            return int(quota) / int(period)
        except (OSError, ValueError):
            return None

    def _number(self, name: str) -> int | None:
        try:
            return int((self._cgroup / name).read_text())
        except (OSError, ValueError):
            return None

    def _field(self, name: str, field: str) -> int | None:
        try:
            lines = (self._cgroup / name).read_text().splitlines()
        except OSError:
            return None
        return next((int(line.split()[1]) for line in lines if line.startswith(f"{field} ")), None)


def _address() -> str:
    """The address of the network card by which others reach this machine; loopback where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NO_PACKET)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
