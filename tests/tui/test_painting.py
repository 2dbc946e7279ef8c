"""What is written for a change of the screen: in fewer bytes than Textual's own, and the same to see."""

from __future__ import annotations

import random

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from aana_tui.painting import narrowed

CONSOLE = Console(color_system="truecolor", force_terminal=True, width=40)
STYLES = [
    None, Style(), Style(color="green"), Style(color="default", bgcolor="default"), Style(bold=True, color="red"),
    Style(reverse=True), Style(dim=True, color="default"), Style(color="#272931", bgcolor="#393949"),
]  # fmt: skip
WORDS = ["abc", "  ", "ä€", "漢字", "⣀⣤⣶", "0 %"]


def screen_of(*renderables: ChopsUpdate | LayoutUpdate) -> list[object]:
    """What a terminal shows of these, cell by cell."""
    screen = pyte.Screen(40, 4)
    stream = pyte.Stream(screen)
    for renderable in renderables:
        # A real terminal makes a line's beginning of a newline.
        stream.feed(renderable.render_segments(CONSOLE).replace("\n", "\r\n"))
    return [[screen.buffer[y][x] for x in range(40)] for y in range(4)]


def some_strip(chance: random.Random, width: int) -> Strip:
    """A line of that many cells."""
    strip = Strip([Segment(chance.choice(WORDS), chance.choice(STYLES)) for _ in range(20)])
    return strip.crop_extend(0, width, None)


@pytest.mark.parametrize("seed", range(30))
def test_it_looks_as_textual_paints_it(seed: int) -> None:
    """Colours, attributes, wide characters, pieces of lines: a terminal shows the same."""
    chance = random.Random(seed)
    before = [some_strip(chance, 36) for _ in range(4)]
    whole = LayoutUpdate([[strip] for strip in before], Region(2, 0, 36, 4))
    spans, after = [], []
    for y, strip in enumerate(before):
        # Only here does a line differ from what is seen.
        whole_characters = [x for x in range(37) if strip.crop(0, x).text + strip.crop(x, 36).text == strip.text]
        left, right = sorted(chance.sample(whole_characters, 2))
        spans.append((y, 2 + left, 2 + right))
        fresh = Strip([Segment("x" * (right - left), chance.choice(STYLES))])
        after.append({2: Strip.join([strip.crop(0, left), fresh, strip.crop(right, 36)])})
    pieces = ChopsUpdate(after, spans, [[38]] * 4)

    mine = screen_of(narrowed(whole), narrowed(pieces))  # type: ignore[arg-type]

    assert mine == screen_of(whole, pieces)


def test_a_changed_cell_costs_the_cell() -> None:
    """Where it stands and what it says; nothing of what stands beside it."""
    line = Strip(
        [Segment("a" * 30, Style(color="default", bgcolor="default")), Segment("9.1 GiB", Style(color="green"))]
    )
    update = narrowed(ChopsUpdate([{0: line}], [(0, 30, 37)], [[37]]))

    assert isinstance(update, ChopsUpdate)
    assert update.render_segments(CONSOLE) == "\x1b[1;31H\x1b[32m9.1 GiB\x1b[m"


def test_nothing_in_a_text_steers_the_terminal() -> None:
    """Even where somebody forgot to make a text harmless."""
    line = Strip([Segment("a\x1b[2Jb\x9b5nc\u202ed\x07\x00e\u00a0f")])
    update = narrowed(LayoutUpdate([[line]], Region(0, 0, 20, 1)))

    assert isinstance(update, LayoutUpdate)
    assert update.render_segments(CONSOLE) == "\x1b[1;1Ha[2Jb5ncde\u00a0f"
