"""How fast one followed log file may grow: lines as Serve writes them, through the daemon, to a client; none lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.e2e.box import Box, eventually

AIM = 50_000
"""Lines a second."""
SECONDS = 10
PROJECT = "lowercase"
FIRST = "a line to see that the reader is there"
_WRITER = """
import json, sys, time
path, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
before, after = json.dumps({
    "asctime": "2026-01-02 03:04:05,678", "levelname": "INFO", "message": "MESSAGE", "filename": "deployments.py",
    "lineno": 42, "process": 4711, "worker_id": "0" * 56, "node_id": "1" * 56, "actor_id": "2" * 32,
    "task_name": "ServeReplica:bench:model.handle_request", "route": "/bench", "request_id": "3" * 36,
    "application": "bench", "deployment": "bench_model", "replica": "abcdefgh", "component_name": "replica",
    "timestamp_ns": 10**18,
}).replace("1000000000000000000}", "").split("MESSAGE")
began, number, batch = time.monotonic(), 0, rate // 100
with open(path, "a", buffering=1 << 20) as file:
    while number < rate * seconds:
        now = time.time_ns()
        file.writelines(f"{before}line {n} of a followed log{after}{now}}}\\n" for n in range(number, number + batch))
        file.flush()
        number += batch
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
print(json.dumps({"lines": number, "seconds": time.monotonic() - began}))
"""


def follow(box: Box, path: Path, rate: int, seconds: int) -> tuple[dict[str, float], int, int, float, list[int]]:
    """Follow a file that grows.

    Returns:
        What the writer says, records that came, records that came twice or in the wrong order, seconds until the last
        one, and the daemon's RSS before, at most, and after.
    """
    assert box.daemon is not None
    process = psutil.Process(box.daemon.pid)
    reader = subprocess.Popen(
        [sys.executable, __file__, str(box.socket), str(rate * seconds)], stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    sizes = [process.memory_info().rss]
    began = time.monotonic()
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), str(rate), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    while reader.poll() is None:
        sizes.append(process.memory_info().rss)
        time.sleep(0.1)
    took = time.monotonic() - began
    told, _ = writer.communicate()
    came, wrong = map(int, reader.stdout.read().split())
    return json.loads(told), came, wrong, took, [sizes[0], max(sizes), sizes[-1]]


def report(box: Box) -> None:
    """Print the figures; the project's logs get a replica of their own that nobody else writes."""
    [root] = {Path(path) for path in box.runtime_dir.rglob("session_latest")}
    path = root / "logs" / "serve" / f"replica_{PROJECT}_ingress_benchlog.log"
    path.write_text(f"{FIRST}\n")
    try:
        eventually(lambda: box.json("status")["cluster"]["state"], lambda state: state == "ready", within=120)
        told, came, wrong, took, sizes = follow(box, path, AIM, SECONDS)
        before, most, after = (size / 1e6 for size in sizes)
        print(
            f"followed log: {told['lines'] / told['seconds']:,.0f} lines/s written (aim {AIM:,}), "
            f"lost {told['lines'] - came:.0f}, twice or out of order {wrong}, "
            f"the last one {took - told['seconds']:.1f} s after the writer began to end"
        )
        print(f"  daemon: {before:.0f} MB RSS before, {most:.0f} MB at most, {after:.0f} MB after")
    finally:
        path.unlink()


def _read(socket: str, wanted: int) -> None:
    from aanad.client import Client

    came = wrong = 0
    with Client(f"unix://{socket}") as client:
        stream = client.logs(PROJECT, replica="benchlog", tail=1, follow=True)
        assert next(stream).message == FIRST
        print("ready", flush=True)
        for record in stream:
            if record.message != f"line {came} of a followed log":
                wrong += 1
            came += 1
            if came >= wanted:
                break
    print(came, wrong)


if __name__ == "__main__":
    _read(sys.argv[1], int(sys.argv[2]))
