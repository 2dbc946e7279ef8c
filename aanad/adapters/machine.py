"""The daemon's own machine: CPUs and memory, by psutil; inside a container, as far as its limits allow."""

from __future__ import annotations

import math
import os
import socket
from pathlib import Path

import psutil

from aanad.core.measurements import MachineMeasurement

CGROUP = Path("/sys/fs/cgroup")
NO_PACKET = ("192.0.2.1", 9)
"""An address for documentation: naming it asks the kernel for a route and sends nothing."""


class Machine:
    """Measures; cheap enough for once a second."""

    def __init__(self, *, cgroup: Path = CGROUP) -> None:
        self._cgroup = cgroup
        self._hostname = socket.gethostname()
        self._address = _address()
        self._cpus = self._usable_cpus()
        psutil.cpu_percent()  # the first one compares with nothing
        self._is_first = True

    @property
    def addresses(self) -> frozenset[str]:
        """All of this machine's, as a cluster may call it."""
        return frozenset(each.address for card in psutil.net_if_addrs().values() for each in card) | {self._address}

    def measure(self) -> MachineMeasurement:
        """CPUs since the last time, and memory now."""
        percent = psutil.cpu_percent()
        is_first, self._is_first = self._is_first, False
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
            cpu_percent=None if is_first else percent,
            memory_used_bytes=used,
            memory_total_bytes=total,
        )

    def _usable_cpus(self) -> int:
        count = len(os.sched_getaffinity(0))
        try:
            quota, period = (self._cgroup / "cpu.max").read_text().split()
            return max(1, min(count, math.ceil(int(quota) / int(period))))
        except (OSError, ValueError):
            return count  # no limit, or none that we may read

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
