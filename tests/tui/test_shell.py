"""The frame around all views."""

from __future__ import annotations

from aana_tui.demo.box import SimulatedBox
from tests.tui.consoles import running, screen_text


async def test_the_first_view_shows_the_projects_of_the_daemon(box: SimulatedBox) -> None:
    """Who is looked at, how the link is, what it has, and the keys that work."""
    async with running(box, size=(80, 24)) as pilot:
        text = screen_text(pilot)

        assert "aana ▸ demo ▸ projects" in text
        assert "● live" in text
        assert "whisper" in text
        assert "? help" in text


async def test_the_cursor_moves_by_keys(box: SimulatedBox) -> None:
    """The row under the cursor is marked by a sign, not by colour alone."""
    async with running(box) as pilot:
        await pilot.press("j", "j", "k")

        assert "▸captions" in screen_text(pilot)
