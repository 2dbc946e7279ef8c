"""Requests a second of a running daemon's projects against plain Ray Serve with default options, in one run.

Run by ``make bench`` with a daemon that serves ``lowercase`` and ``playground``::

    python tests/bench/throughput.py --ours http://127.0.0.1:8000

Plain Serve is started and ended here, on ports of its own and in a session of its own, unless ``--plain`` names one
that runs already. Both sides do the same work on the same body: one endpoint that answers by itself, and one that
asks a deployment. The targets are printed beside the ratios; the exit code says whether they were met.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS = 32
BODY = {"text": ["Hello World!", "THIS IS A TEST."]}
EXPECTED = {"text": ["hello world!", "this is a test."]}
PLAIN_PORT = 38700
WRK_SCRIPT = """
wrk.method = "POST"
wrk.body = {body}
wrk.headers["content-type"] = "application/json"
"""


@dataclass(frozen=True)
class Case:
    """The same work on both sides."""

    name: str
    ours: str
    plain: str
    target: float
    """At least so many times the requests a second."""


CASES = (
    Case("answered by itself", "/playground/echo", "/echo", 8.0),
    Case("through a deployment", "/lowercase/lowercase", "/lowercase", 4.0),
)


def main() -> int:
    """Measure both sides in turn, print medians and ratios."""
    parser = argparse.ArgumentParser(description="Throughput against plain Ray Serve")
    parser.add_argument("--ours", default=os.environ.get("AANA_BENCH_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--plain", default=os.environ.get("AANA_BENCH_PLAIN_URL"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is not installed: apt-get install wrk", file=sys.stderr)
        return 2
    with contextlib.ExitStack() as stack:
        plain = options.plain or stack.enter_context(plain_serve())
        script = stack.enter_context(wrk_script())
        met = [measure(case, options.ours, plain, script, options.rounds, options.seconds) for case in CASES]
    return 0 if all(met) else 1


def measure(case: Case, ours: str, plain: str, script: Path, rounds: int, seconds: int) -> bool:
    """Take both sides in turns, so that a noisy machine is noisy for both."""
    urls = {"ours": ours + case.ours, "plain": plain + case.plain}
    for url in urls.values():
        check(url)
        wrk(url, script, 1)
    rates: dict[str, list[float]] = {side: [] for side in urls}
    for _ in range(rounds):
        for side, url in urls.items():
            rates[side].append(wrk(url, script, seconds))
    medians = {side: statistics.median(values) for side, values in rates.items()}
    ratio = medians["ours"] / medians["plain"]
    verdict = "met" if ratio >= case.target else "MISSED"
    print(
        f"{case.name:22} ours {medians['ours']:7.0f} req/s   plain {medians['plain']:6.0f} req/s   "
        f"{ratio:5.1f} times (target {case.target:g}: {verdict})",
        flush=True,
    )
    return ratio >= case.target


def check(url: str) -> None:
    """Refuse to measure what does not do the work."""
    request = urllib.request.Request(url, json.dumps(BODY).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = json.loads(response.read())
    if answer != EXPECTED:
        raise SystemExit(f"{url} answered {answer!r}, not {EXPECTED!r}")


def wrk(url: str, script: Path, seconds: int) -> float:
    """One run; answers that are no success make it void."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), url]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in report or "Socket errors" in report:
        raise SystemExit(f"{url} failed under load:\n{report}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", report)
    if found is None:
        raise SystemExit(f"wrk said something else:\n{report}")
    return float(found[1])


@contextlib.contextmanager
def wrk_script() -> Iterator[Path]:
    """The request, as wrk wants it."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(WRK_SCRIPT.format(body=json.dumps(json.dumps(BODY))))
        yield script


@contextlib.contextmanager
def plain_serve() -> Iterator[str]:
    """Plain Ray Serve with default options: a head of its own, ended by its session."""
    with tempfile.TemporaryDirectory(prefix="pb", dir="/tmp") as folder, contextlib.ExitStack() as stack:
        home = Path(folder)
        (home / "cwd").mkdir()
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "PYTHONPATH"))}
        environment["PYTHONPATH"] = str(Path(__file__).parent)
        environment["RAY_AUTH_MODE"] = "disabled"
        log = stack.enter_context((home / "log").open("w"))
        program = [sys.executable, str(Path(__file__).with_name("plain_serve.py")), str(PLAIN_PORT), str(home / "r")]
        process = subprocess.Popen(
            program, cwd=home / "cwd", env=environment, start_new_session=True, stdout=log, stderr=log
        )
        stack.callback(end_session, process)
        url = f"http://127.0.0.1:{PLAIN_PORT}"
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):
                check(url + CASES[-1].plain)
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"Plain Serve did not start:\n{(home / 'log').read_text()[-3000:]}")
            time.sleep(0.5)
        yield url


def end_session(process: subprocess.Popen[bytes]) -> None:
    """End every process of the session that `process` leads, politely first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 10
        while (left := session_members(process.pid)) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            process.poll()
            time.sleep(0.3)
    process.wait(timeout=10)


def session_members(session: int) -> list[int]:
    """Pids of a session, zombies left out."""
    listing = subprocess.run(["ps", "-eo", "pid=,sid=,stat="], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return [int(pid) for pid, sid, state in rows if int(sid) == session and not state.startswith("Z")]


if __name__ == "__main__":
    sys.exit(main())
