"""How many bytes the console writes in what situation; tests hold the figures to limits, the benchmark prints them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from aana_tui.demo.box import SimulatedBox
from tests.tui.loads import busy, chatter, ticking
from tests.tui.serving import served
from tests.tui.terminal import Terminal, console

Size = tuple[int, int]
LARGE, SMALL = (120, 40), (80, 24)
VIEWS = {
    **{view: f":{view}\r" for view in ("projects", "replicas", "gpus", "logs", "requests", "events")},
    "project": ":project whisper\r",
}
"""What is typed to come to each view."""
LOG_LINES_A_SECOND = 1000
LOG_SLICES = 20
"""In each second: lines come in small lots, as from many processes."""


def at_rest(size: Size, seconds: float = 5) -> dict[str, int]:
    """Bytes by view while nothing changes; `seconds` on the first view, less on the others."""
    with _opened(SimulatedBox(), size) as terminal:
        costs = {}
        for view in _views(terminal):
            terminal.settle()
            costs[view] = terminal.counted(seconds if view == "projects" else seconds / 2)
        return costs


def busy_second(size: Size, seconds: int = 5) -> dict[str, float]:
    """Bytes a second by view, with eight GPUs and fifty replicas whose numbers all change each second."""
    box = SimulatedBox(replicas=50)
    busy(box)
    box.log.rate = 0
    with _opened(box, size) as terminal, ticking(box.tick, 1):
        costs = {}
        for view in _views(terminal):
            time.sleep(2)
            costs[view] = terminal.counted(seconds) / seconds
        return costs


def followed_log(size: Size, seconds: int = 5) -> float:
    """Bytes a second while a thousand log lines a second arrive and are followed."""
    box = SimulatedBox()
    with _opened(box, size) as terminal:
        go(terminal, "logs")
        with ticking(lambda: chatter(box, LOG_LINES_A_SECOND // LOG_SLICES), 1 / LOG_SLICES):
            time.sleep(3)
            return terminal.counted(seconds) / seconds


def pages(size: Size) -> dict[str, int]:
    """Bytes of a page down or up, the largest of several: of a table, and of logs."""
    box = SimulatedBox(replicas=400)
    chatter(box, LOG_LINES_A_SECOND)
    with _opened(box, size) as terminal:
        costs = {}
        for view in ("replicas", "logs"):
            go(terminal, view)
            terminal.settle()
            first, second = ("pagedown", "pageup") if view == "replicas" else ("pageup", "pagedown")
            costs[view] = max(terminal.cost(first), terminal.cost(first), terminal.cost(second))
        return costs


@contextmanager
def _opened(box: SimulatedBox, size: Size) -> Iterator[Terminal]:
    with served(box) as context, console("--context", context, size=size) as terminal:
        terminal.until("● live", "whisper")
        terminal.settle()
        yield terminal


def go(terminal: Terminal, view: str) -> None:
    """Come to a view, whichever is seen."""
    terminal.press(*VIEWS[view])
    time.sleep(1)


def _views(terminal: Terminal) -> Iterator[str]:
    """Go to each view, one after the other."""
    for view in VIEWS:
        go(terminal, view)
        yield view
