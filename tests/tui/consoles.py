"""A console on a simulated box, in memory: no terminal, no daemon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.session import demo_session


async def eventually(pilot: Pilot[None], is_true: Callable[[], object], within_s: float = 10) -> None:
    """Let the console work until something is true."""
    end = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < end, f"it did not become true in time; the screen:\n{screen_text(pilot)}"
        await pilot.pause()
        await asyncio.sleep(0.02)


def screen_text(pilot: Pilot[None]) -> str:
    """What is on the screen, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


@asynccontextmanager
async def running(box: SimulatedBox, *, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    """A console that looks at this box, which stands still unless the test lets it tick."""
    console = Console(demo_session(box, pace=0))
    async with console.run_test(size=size) as pilot:
        await eventually(pilot, lambda: console.shell.view is not None and console.session.store.link.is_live)
        console.pull()
        await pilot.pause()
        yield pilot
    box.close()
