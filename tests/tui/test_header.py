"""The line at the top."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from aana_tui.demo.box import SimulatedBox
from aana_tui.widgets.header import Header, Part, header_line, shortened
from tests.tui.consoles import eventually, running, screen_text

LINK = Part("● live", "good")
VERSION, ROLE = Part("v0.1.0"), Part("operator")
BOX = [Part("GPU ⣴⡇⣀⣰  51%"), Part("✖ 1", "bad"), Part("85 °C", "warn")]
CRUMBS = ["aana", "gpu-box-1", "replicas", "chat_with_video", "vision", "10xrdqiv"]


def said(width: int, crumbs: list[str] = CRUMBS) -> str:
    return "".join(part.text for part in header_line(crumbs, LINK, VERSION, ROLE, BOX, width))


def test_with_room_everything_is_said() -> None:
    """Where one is, how the link is, who one is, what the box does."""
    text = said(160)

    assert text.startswith("aana ▸ gpu-box-1 ▸ replicas ▸ chat_with_video ▸ vision ▸ 10xrdqiv ")
    assert text.endswith("● live  v0.1.0  operator  GPU ⣴⡇⣀⣰  51%  ✖ 1  85 °C")


def test_crumbs_are_cut_before_anything_else_goes() -> None:
    """At eighty columns the innermost place, the link and the role are there still."""
    text = said(80)

    assert text.startswith("aana ▸ … ▸ ")
    assert "10xrdqiv" in text
    assert "● live" in text
    assert "operator" in text


def test_the_narrower_the_less_is_said_of_the_box() -> None:
    """The version goes first, then the heat, then the load, then the role; the link stays to the last."""
    widths = {text: min(width for width in range(10, 161) if text in said(width)) for text in (
        "v0.1.0", "85 °C", "51%", "operator", "● live",
    )}  # fmt: skip

    assert list(widths.values()) == sorted(widths.values(), reverse=True)


@pytest.mark.parametrize("width", range(1, 120, 7))
def test_it_never_takes_more_than_the_line(width: int) -> None:
    """Whatever the crumbs are."""
    if width >= 10:
        assert cell_len(said(width)) == width
    assert cell_len(shortened(["aana", "x" * 300, "y" * 300], width)) <= max(width, 9)


async def test_nothing_is_painted_where_nothing_changed(box: SimulatedBox) -> None:
    """A new look at the same box does not repaint the line; new numbers repaint only themselves."""
    async with running(box, size=(100, 24)) as pilot:
        header = pilot.app.screen.query_one(Header)
        await eventually(pilot, lambda: "°C" in screen_text(pilot))
        painted: list[object] = []
        header.refresh = lambda *regions, **_: painted.extend(regions)  # type: ignore[method-assign,assignment,return-value]
        box.set("projects", "nothing", None)
        pilot.app.pull()  # type: ignore[attr-defined]
        assert painted == []

        box.tick()
        await eventually(pilot, lambda: painted)
        assert all(0 < region.x and region.width < 60 for region in painted)  # type: ignore[attr-defined]


async def test_without_a_gpu_it_says_what_cpu_and_memory_do() -> None:
    """On a laptop."""
    async with running(SimulatedBox(gpus=0), size=(80, 24)) as pilot:
        await eventually(pilot, lambda: "CPU" in screen_text(pilot).splitlines()[0])

        assert "MEM" in screen_text(pilot).splitlines()[0]
