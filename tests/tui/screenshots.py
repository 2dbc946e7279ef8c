"""The pictures and the table of keys in docs/console.md: ``python -m tests.tui.screenshots --write`` makes them."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from aana_tui.actions.action import Scope, Tier
from aana_tui.actions.registry import of
from aana_tui.demo.box import SimulatedBox
from aana_tui.figures import wall_clock
from aana_tui.keymap import Keymap
from tests.tui.consoles import eventually, running, screen_text

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "console.md"
IMAGES = ROOT / "docs" / "images"
SHOTS = {
    "projects": ([], "whisper"),
    "project": (["slash", *"stable", "enter", "enter"], "LAST LINES OF THE LOG"),
    "gpus": (["3"], "GPU"),
    "stop": (["x"], "Type asr to confirm"),
    "logs": (["4"], "following"),
    "request": (["slash", *"rerank", "enter", "T", "enter", *"ports of Crete", "enter"], "ports of Crete"),
}
"""Names, keys, and what is on the screen then."""
BEGIN, END = "<!-- keys: begin -->", "<!-- keys: end -->"
_DANGER = {Tier.FREE: "", Tier.ASK: "asks", Tier.NAME: "asks for the name"}


def key_table() -> str:
    """The table, by scope, from the registry."""
    keymap = Keymap()
    lines = ["| where | key | `:` | what | danger | id |", "| --- | --- | --- | --- | --- | --- |"]
    for scope in Scope:
        for action in of(scope):
            keys = " ".join(f"`{key}`" for key in keymap.keys(action))
            command = f"`:{action.command} {action.argument}`".replace(" `", "`") if action.command else ""
            cells = [scope, keys, command, action.help, _DANGER[action.tier], f"`{action.id}`"]
            lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def page_with_table(page: str) -> str:
    """The page with its table made anew."""
    return re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n{key_table()}\n{END}", page)


async def _shoot() -> None:
    IMAGES.mkdir(exist_ok=True)
    for name, (keys, wanted) in SHOTS.items():
        async with running(SimulatedBox(start=wall_clock()), size=(120, 30)) as pilot:
            await pilot.press(*keys)
            await eventually(pilot, lambda wanted=wanted: wanted in screen_text(pilot))
            (IMAGES / f"console-{name}.svg").write_text(pilot.app.export_screenshot(title="aana"), encoding="utf-8")


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    PAGE.write_text(page_with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    asyncio.run(_shoot())
