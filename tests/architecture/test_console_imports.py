"""The console is light: what the daemon and models need is never loaded by it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("ray", "torch", "fastapi", "sqlalchemy", "aanad.cli", "numpy", "PIL")
BEFORE_THE_FIRST_FRAME = ("pydantic", "httpx", "aanad.wire", "asyncio", "textual")

RUNNING = """
import asyncio, sys
from aana_tui.app import Console
from aana_tui.demo.session import demo_session

async def run():
    console = Console(demo_session(pace=50))
    async with console.run_test(size=(120, 40)) as pilot:
        while not console.session.store.link.is_live:
            await pilot.pause(0.05)
        for key in ["1", "enter", "2", "3", "4", "5", "6", "1"]:
            await pilot.press(key)
            await pilot.pause(0.3)

asyncio.run(run())
"""


def loaded(program: str, modules: tuple[str, ...]) -> list[str]:
    """Which of these modules a program has loaded when it ends."""
    asks = f"\nimport sys\nprint('loaded:', ','.join(name for name in {modules!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program + asks], capture_output=True, text=True, check=True)
    return [name for name in done.stdout.rpartition("loaded: ")[2].strip().split(",") if name]


def test_the_console_loads_no_heavy_library() -> None:
    """Neither when it is imported, nor when a console has shown all its views."""
    assert loaded("import aana_tui", HEAVY) == []
    assert loaded(RUNNING, HEAVY) == []


def test_the_command_reads_its_arguments_before_anything_is_loaded() -> None:
    """`aana-tui --help` answers at once."""
    assert loaded("import aana_tui.command", BEFORE_THE_FIRST_FRAME) == []


def test_the_first_frame_needs_no_model_of_the_wire() -> None:
    """What the link needs, pydantic and httpx, is loaded by its own thread, when the frame is painted."""
    program = "from aana_tui.app import Console\nfrom aana_tui.session import Session\nConsole(Session('x', None))"
    assert loaded(program, ("pydantic", "httpx", "aanad.wire")) == []
