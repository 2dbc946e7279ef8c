"""The frame around all views."""

from __future__ import annotations

from textual.events import Key

from aana_tui.demo.box import SimulatedBox
from tests.tui.consoles import eventually, running, screen_text


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


async def test_what_is_typed_ahead_is_obeyed_in_its_order(box: SimulatedBox) -> None:
    """Keys that arrive with the enter that ends a filter belong to the view, not to the filter."""
    async with running(box) as pilot:
        for key in ("slash", *"whisper", "enter", "s"):
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))
        await eventually(pilot, lambda: "POST /v1/projects/whisper/start" in seen(box))


def seen(box: SimulatedBox) -> list[str]:
    return [f"{request.method} {request.path}" for request in box.requests]
