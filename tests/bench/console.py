"""The console: bytes a second, the first frame, from a key to its paint, memory over an hour of events.

Also run by itself: ``python -m tests.bench.console``. Bytes are exact; times depend on how busy the machine is.
"""

from __future__ import annotations

import itertools
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.e2e.box import REPOSITORY
from tests.tui import byte_costs
from tests.tui.terminal import Terminal, console

KIB = 1024
MARK = "aana ▸".encode()
"""The first thing on a first frame."""
BARE = Path(__file__).with_name("bare_textual.py")
ROUNDS = 9
PRESSES = 60
PACE = 50
HOUR_S = 3600 / PACE


def report() -> None:
    """Print the figures."""
    report_bytes()
    report_first_frame()
    report_keys()
    report_memory()


def report_bytes() -> None:
    """Each budget, at both sizes."""
    for size in (byte_costs.LARGE, byte_costs.SMALL):
        name = "x".join(map(str, size))
        rest = byte_costs.at_rest(size)
        _say(f"console {name}, at rest (0 B/s): {sum(rest.values())} B in all views")
        busy = byte_costs.busy_second(size)
        told = ", ".join(f"{view} {cost:.0f}" for view, cost in busy.items())
        _say(f"console {name}, 8 GPUs + 50 replicas at 1 Hz (<= {3 * KIB} B/s): {told}")
        _say(f"console {name}, 1,000 log lines/s followed (<= {40 * KIB} B/s): {byte_costs.followed_log(size):.0f}")
        pages = byte_costs.pages(size)
        told = ", ".join(f"{view} {cost}" for view, cost in pages.items())
        _say(f"console {name}, page move (<= {15 * KIB} B): {told}")


def report_first_frame() -> None:
    """Ours, beyond that of a Textual application with one line; both measured in turns."""
    bare: list[float] = []
    ours: list[float] = []
    with _box() as context:
        for _ in range(ROUNDS):
            bare.append(_first_frame_s(Terminal([sys.executable, BARE])))
            ours.append(_first_frame_s(console("--context", context)))
        share = 1000 * (statistics.median(ours) - statistics.median(bare))
        _say(
            f"console, own share of the first frame (<= 150 ms): {share:.0f} ms "
            f"(median of {ROUNDS}: {1000 * statistics.median(ours):.0f} ms, bare Textual "
            f"{1000 * statistics.median(bare):.0f} ms; least {1000 * (min(ours) - min(bare)):.0f} ms)"
        )
        costs = _own_imports(context)
    most = ", ".join(f"{name} {cost / 1000:.1f}" for name, cost in costs.most_common(5))
    _say(
        f"console, its imports before the first frame, as -X importtime sees them: {sum(costs.values()) / 1000:.0f} ms"
    )
    _say(f"  the largest: {most}")


def report_keys() -> None:
    """With 1,000 replicas, and 1,000 log lines arriving each second."""
    with _box(replicas=1000, pace=1, lines=1000) as context, console("--context", context) as terminal:
        terminal.until("● live", "whisper")
        terminal.press("2")
        terminal.until("Replicas", within=60)
        time.sleep(5)
        _say(_percentiles("cursor in 1,000 replicas", _paints(terminal, ("j", "k"), b"\xe2\x96\xb8")))
        terminal.press("4")
        time.sleep(5)
        paints = _paints(terminal, (":", "\x1b"), b"view, action")
        _say(_percentiles("command line over 1,000 log lines/s", paints))


def report_memory() -> None:
    """All views are visited in turn, again and again."""
    with _box(pace=PACE) as context, console("--context", context) as terminal:
        terminal.until("● live", "whisper")
        walk = itertools.cycle(byte_costs.VIEWS)
        _walk(terminal, walk, 2 * HOUR_S / 3)
        process = psutil.Process(terminal.pid)
        before = process.memory_info().rss
        used = sum(process.cpu_times()[:2])
        _walk(terminal, walk, HOUR_S)
        after, share = process.memory_info().rss, (sum(process.cpu_times()[:2]) - used) / HOUR_S
    _say(
        f"console, an hour of events in {HOUR_S:.0f} s (flat within 20 %): {before / 1e6:.0f} -> {after / 1e6:.0f} MB "
        f"({100 * (after - before) / before:+.0f} %), {100 * share:.0f} % of one core meanwhile"
    )


def _say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def _box(*, replicas: int = 60, pace: int = 0, lines: int = 0) -> Iterator[str]:
    """A box in a process of its own, so that it does not work on the console's time."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.tui.serving", *map(str, (replicas, pace, lines))],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        yield child.stdout.readline().strip()
    finally:
        child.kill()
        child.communicate()


def _first_frame_s(program: Terminal) -> float:
    with program as terminal:
        terminal.wait(lambda: MARK in terminal.output, "the first frame")
        return terminal.arrival_of(MARK) - terminal.began


def _own_imports(context: str) -> Counter[str]:
    """Microseconds by module that the console loads until its first frame and bare Textual does not."""
    ours = f"import sys; sys.argv = ['aana-tui', '--context', {context!r}]; from aana_tui.command import main; main()"
    bare = _imports([sys.executable, "-X", "importtime", BARE])
    costs = _imports([sys.executable, "-X", "importtime", "-c", ours])
    return Counter({name: cost for name, cost in costs.items() if name not in bare})


def _imports(command: list[str | Path]) -> dict[str, int]:
    with Terminal(command) as terminal:
        terminal.wait(lambda: MARK in terminal.output, "the first frame", 60)
        until = bytes(terminal.output[: terminal.output.index(MARK)])
    return {name.decode(): int(own) for own, name in re.findall(rb"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)", until)}


def _paints(terminal: Terminal, keys: tuple[str, str], shown: bytes) -> list[float]:
    """Seconds from the first key until what it shows is written; the second key undoes it."""
    found = []
    for _ in range(PRESSES):
        mark, pressed = terminal.count, time.monotonic()
        terminal.press(keys[0])
        terminal.wait(lambda mark=mark: shown in terminal.output[mark:], f"{shown!r}", 10)  # type: ignore[misc]
        found.append(terminal.arrival_of(shown, mark) - pressed)
        time.sleep(0.13)
        terminal.press(keys[1])
        time.sleep(0.17)
    return found


def _percentiles(what: str, seconds: list[float]) -> str:
    ranks = statistics.quantiles(seconds, n=20)
    return f"console, key to paint (p95 <= 50 ms), {what}: p50 {1000 * ranks[9]:.0f} ms, p95 {1000 * ranks[18]:.0f} ms"


def _walk(terminal: Terminal, walk: Iterator[str], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.press(*byte_costs.VIEWS[next(walk)])
        time.sleep(2)


if __name__ == "__main__":
    report()
