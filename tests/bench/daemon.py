"""How fast the daemon answers after its start, and what it costs while it rests with one project running."""

from __future__ import annotations

import statistics
import time

import psutil

from tests.e2e.box import PROJECTS, Box, eventually

STARTS = 7
REST_S = 30.0
SETTLE_S = 10.0


def start_to_health(box: Box) -> list[float]:
    """Seconds from starting the process to the first answer of /healthz; the last daemon is left running.

    Each one but the first is started after a SIGKILL and adopts the Ray unit that went on.
    """
    seconds = []
    for number in range(STARTS):
        if number:
            box.kill_daemon()
        began = time.perf_counter()
        box.start(ready=False)
        seconds.append(time.perf_counter() - began)
    return seconds


def at_rest(box: Box) -> tuple[float, float]:
    """RSS in MB and share of one core in percent, over half a minute in which nobody asks for anything."""
    assert box.daemon is not None
    process = psutil.Process(box.daemon.pid)
    time.sleep(SETTLE_S)
    before, began = process.cpu_times(), time.monotonic()
    time.sleep(REST_S)
    after, seconds = process.cpu_times(), time.monotonic() - began
    used = after.user + after.system - before.user - before.system
    return process.memory_info().rss / 1e6, 100 * used / seconds


def report(box: Box) -> None:
    """Print the figures of a box that was not started yet."""
    seconds = start_to_health(box)
    first, later = seconds[0], seconds[1:]
    print(f"start to /healthz, Ray not yet up: {first:.2f} s (aim 1.5 s)")
    print(f"start to /healthz, Ray adopted: median {statistics.median(later):.2f} s, max {max(later):.2f} s")
    eventually(lambda: box.json("status")["cluster"]["state"], lambda state: state == "ready", within=120)
    box.ok("deploy", PROJECTS / "lowercase")
    rss, share = at_rest(box)
    print(f"at rest with one project: {rss:.0f} MB RSS (aim 120 MB), {share:.2f} % of one core (aim 2 %)")
