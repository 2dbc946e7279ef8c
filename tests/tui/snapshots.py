"""Pictures of the screen as text that reads well in a diff: each line, and below it how it is painted.

A letter for each character: ``.`` plain, ``#`` bold, ``-`` dim, ``~`` reversed, a colour's first letter (a capital one
where it is bold), ``*`` any other colour. A line that is all plain has no second one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.style import Style
from textual.pilot import Pilot

FOLDER = Path(__file__).parent / "snapshots"
STILL_S = 0.4
"""A screen that has not changed for so long is taken."""
_COLOURS = {"red": "r", "green": "g", "yellow": "y", "blue": "b", "magenta": "m", "cyan": "c", "bright_black": "-"}


def picture(pilot: Pilot[None]) -> str:
    """The screen now."""
    lines = []
    for strip in pilot.app.screen._compositor.render_strips():
        text = "".join(segment.text for segment in strip)
        paint = "".join(_letter(segment.style) * len(segment.text) for segment in strip)
        lines.append(f"|{text}|")
        if set(paint) != {"."}:
            lines.append(f" {paint.rstrip('.')}")
    return "\n".join(lines) + "\n"


async def still_picture(pilot: Pilot[None]) -> str:
    """The screen, as soon as it does not change any more."""
    before, now = "", picture(pilot)
    while now != before:
        await asyncio.sleep(STILL_S)
        pilot.app.pull()  # type: ignore[attr-defined]
        await pilot.pause()
        before, now = now, picture(pilot)
    return now


class Snapshots:
    """Compares with what is stored; `is_updating` stores instead."""

    def __init__(self, *, is_updating: bool) -> None:
        self._is_updating = is_updating

    async def check(self, pilot: Pilot[None], name: str) -> None:
        """The screen is as it was when it was last looked at by a person."""
        path, found = FOLDER / f"{name}.txt", await still_picture(pilot)
        if self._is_updating:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(found)
            return
        assert path.exists(), f"there is no snapshot {name}: --update-snapshots makes one; look at it:\n{found}"
        assert found == path.read_text(), f"{name} looks otherwise; where that is meant: --update-snapshots"


def _letter(style: Style | None) -> str:
    if style is None:
        return "."
    if style.reverse:
        return "~"
    name = style.color.name if style.color is not None else "default"
    letter = "." if name == "default" else _COLOURS.get(name, "*")
    if style.bold:
        return "#" if letter == "." else letter.upper()
    return "-" if style.dim else letter
