"""This machine and its processes, as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from aanad.adapters.machine import Machine
from aanad.adapters.processes import Processes

GIB = 1024**3


def test_a_machine_without_limits_is_all_of_it(tmp_path: Path) -> None:
    """What psutil says of memory and CPUs, of all CPUs together."""
    machine = Machine(cgroup=tmp_path)

    found = machine.measure()

    assert found.cpu_percent is not None
    assert 0 <= found.cpu_percent <= 100
    assert (found.cpus, found.memory_total_bytes) == (len(os.sched_getaffinity(0)), psutil.virtual_memory().total)
    assert 0 < found.memory_used_bytes < found.memory_total_bytes
    assert found.address in machine.addresses
    assert "127.0.0.1" in machine.addresses


def test_a_container_is_as_large_as_its_limits(tmp_path: Path) -> None:
    """Memory that the kernel would give back at once, files that were read, is not in use."""
    (tmp_path / "memory.max").write_text(f"{GIB}\n")
    (tmp_path / "memory.current").write_text(f"{GIB // 2}\n")
    (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {GIB // 4}\n")
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 1000000\n")
    clock = iter([10.0, 20.0])
    machine = Machine(cgroup=tmp_path, monotonic=lambda: next(clock))
    (tmp_path / "cpu.stat").write_text("usage_usec 3000000\n")

    found = machine.measure()

    assert (found.cpus, found.memory_used_bytes, found.memory_total_bytes) == (1, GIB // 4, GIB)
    # Two founds of CPU time in ten founds, of half a CPU.
    assert found.cpu_percent == 40.0


def test_a_childs_line_leads_to_its_ancestors() -> None:
    """Grandchildren are found by it, and what is gone has none and no name."""
    code = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); sys.stdin.read()"
    processes = Processes()
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    try:
        for _ in range(2):
            assert processes.lineage(grandchild)[:3] == [grandchild, child.pid, os.getpid()]
        assert processes.name(grandchild) == "sleep"
        child.communicate("")
        # Somebody else is its parent by now.
        assert child.pid not in processes.lineage(grandchild)
    finally:
        psutil.Process(grandchild).kill()
    psutil.wait_procs([psutil.Process(grandchild)] if psutil.pid_exists(grandchild) else [], timeout=20)
    assert (processes.lineage(2**22 + 1), processes.name(2**22 + 1)) == ([], "")
