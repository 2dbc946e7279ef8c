"""How each screen looks, at the sizes that terminals have."""

from __future__ import annotations

import time

import pytest
from textual.pilot import Pilot

from aana_tui.app import Console
from aana_tui.demo.box import START, SimulatedBox
from aana_tui.state import link
from aana_tui.state.store import Store
from aanad.wire.access import Role
from tests.tui.consoles import eventually, running, screen_text
from tests.tui.snapshots import Snapshots

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
VIEWS = {
    "projects": "whisper",
    "project whisper": "z84s14tt",
    "replicas": "recogniser",
    "gpus": "700 W",
    "logs": "out of memory",
    "requests": "transcribe",
    "events": "began",
}
"""What is typed on the ``:`` line, and what is on the screen when it has come."""


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock runs, and the terminal is in no country."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    for name in ("aana_tui.figures", "aana_tui.screens.replicas", "aana_tui.screens.events"):
        monkeypatch.setattr(f"{name}.wall_clock", lambda: START, raising=False)
    monkeypatch.setattr(Store.__init__, "__defaults__", (lambda: 0.0,))
    monkeypatch.setattr(link, "MIN_PAUSE_S", 9.0)
    monkeypatch.setattr(link, "JITTER", 0.0)


async def go(pilot: Pilot[None], command: str, shown: str) -> None:
    """Type a command, and wait for what it shows."""
    await pilot.press("colon", *(" " if letter == " " else letter for letter in command), "enter")
    await eventually(pilot, lambda: shown in screen_text(pilot))


def few_lines(box: SimulatedBox) -> None:
    """So few log lines that all of them are shown, however slow the machine is."""
    box.log.clear()
    for number in range(12):
        box.log.add(
            f"segment {number}: 14.2 s of audio in 212 ms", seconds_ago=60 - number, project="whisper",
            deployment="asr", replica="04698a7v", source="serve",
        )  # fmt: skip
    box.log.add("Slow request.", level="warning", seconds_ago=9, project="asr", deployment="ingress", source="stderr")
    trace = "Request failed.\nTraceback (most recent call last):\ntorch.OutOfMemoryError: CUDA out of memory."
    box.log.add(trace, level="error", seconds_ago=3, project="detect", deployment="detector", source="serve")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", VIEWS)
async def test_a_full_screen(box: SimulatedBox, snapshots: Snapshots, view: str, size: str) -> None:
    """Each view of a busy box."""
    few_lines(box)
    async with running(box, size=SIZES[size]) as pilot:
        await go(pilot, view, VIEWS[view])
        await snapshots.check(pilot, f"{view.partition(' ')[0]}-{size}")


async def test_an_empty_box(box: SimulatedBox, snapshots: Snapshots) -> None:
    """It says how to bring the first project."""
    for name in list(box.projects):
        box.forget(name)
    async with running(box, size=SIZES["80x24"]) as pilot:
        await snapshots.check(pilot, "empty-80x24")


async def test_a_failed_project(box: SimulatedBox, snapshots: Snapshots) -> None:
    """Why, what helps, and the last lines: on the first screen."""
    async with running(box, size=SIZES["80x24"]) as pilot:
        await go(pilot, "project stablediffusion2", "OutOfMemoryError")
        await snapshots.check(pilot, "failed-80x24")


async def test_a_lost_daemon(box: SimulatedBox, snapshots: Snapshots) -> None:
    """The banner, and what was known, dim."""
    async with running(box, size=SIZES["80x24"]) as pilot:
        box.link_down()
        console = pilot.app
        assert isinstance(console, Console)
        await eventually(pilot, lambda: console.session.store.link.retry_at is not None)
        await snapshots.check(pilot, "disconnected-80x24")


async def test_somebody_who_may_only_look(box: SimulatedBox, snapshots: Snapshots) -> None:
    """The role in the header, and the keys that do not work dim."""
    box.role = Role.VIEWER
    async with running(box, size=SIZES["80x24"]) as pilot:
        await snapshots.check(pilot, "read-only-80x24")
