"""What the console writes to its terminal: a slow link is why these are tests and not figures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from aana_tui.demo.box import SimulatedBox
from tests.tui.loads import busy
from tests.tui.serving import served
from tests.tui.terminal import Terminal, console

KIB = 1024
SIZES = [(120, 40), (80, 24)]
VIEWS = "123456"
"""The keys of the views; ``enter`` on the first opens a project."""


@pytest.fixture(params=SIZES, ids=["120x40", "80x24"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """A large and a small terminal."""
    return request.param


def opened(context: str, size: tuple[int, int]) -> Terminal:
    return console("--context", context, size=size)


def test_a_box_at_rest_costs_nothing(size: tuple[int, int]) -> None:
    """No clock, no blinking, no spinner: while nothing changes, not a byte is written, in no view."""
    box = SimulatedBox()
    with served(box) as context, opened(context, size) as terminal:
        terminal.until("● live", "whisper")
        for view in VIEWS:
            terminal.press(view)
            terminal.settle()
            assert terminal.counted(5 if view == "1" else 2) == 0, f"view {view}:\n{terminal.text}"


@pytest.fixture
def busy_box() -> Iterator[SimulatedBox]:
    """Eight GPUs and fifty replicas whose numbers all change each second."""
    box = SimulatedBox(replicas=50)
    busy(box)
    ends = Event()

    def tick() -> None:
        while not ends.wait(1):
            box.tick()

    thread = Thread(target=tick, daemon=True)
    thread.start()
    yield box
    ends.set()
    thread.join()


def test_a_busy_box_costs_little(busy_box: SimulatedBox, size: tuple[int, int]) -> None:
    """At most 3 KB a second, whichever view is seen."""
    with served(busy_box) as context, opened(context, size) as terminal:
        terminal.until("● live", "whisper")
        costs = {}
        for keys in (*VIEWS, "1\r"):
            for key in keys:
                terminal.press(key)
                time.sleep(1.5)
            costs[keys] = terminal.counted(5) / 5
        assert max(costs.values()) <= 3 * KIB, costs
        assert costs["1"] > 0, "nothing was seen to change"


def test_a_page_of_a_table_costs_a_page(size: tuple[int, int]) -> None:
    """At most 15 KB for a page down or up: nothing is animated."""
    box = SimulatedBox(replicas=400)
    with served(box) as context, opened(context, size) as terminal:
        terminal.until("● live", "whisper")
        terminal.press("2")
        terminal.settle()
        costs = [terminal.cost("pagedown"), terminal.cost("pagedown"), terminal.cost("pageup")]
        assert max(costs) <= 15 * KIB, costs
