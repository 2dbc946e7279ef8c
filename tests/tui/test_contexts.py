"""From one daemon to another, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from aana_tui.actions.commands import run
from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aanad.client.saved_contexts import SavedContext, save_context
from tests.tui.consoles import eventually, running, screen_text


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("AANA_RUNTIME_DIR", str(tmp_path))


async def test_the_list_has_the_saved_contexts_and_leads_to_one(box: SimulatedBox, tmp_path: Path) -> None:
    """A daemon that does not answer is looked at all the same: the banner says so, and `@` leads on."""
    save_context(SavedContext("gpu2", f"unix://{tmp_path}/other.sock"))
    async with running(box) as pilot:
        console = pilot.app
        assert isinstance(console, Console)
        before = console.session
        await pilot.press("at")
        await eventually(pilot, lambda: "gpu2" in screen_text(pilot))
        await pilot.press("down", "enter")
        await eventually(pilot, lambda: console.session.name == "gpu2")
        await eventually(pilot, lambda: "aanad unreachable" in screen_text(pilot))

        assert console.session is not before
        assert "whisper" not in screen_text(pilot)
        await pilot.press("at")
        await eventually(pilot, lambda: "Which daemon now?" in screen_text(pilot))


async def test_a_line_leads_there_with_view_and_filter(box: SimulatedBox, tmp_path: Path) -> None:
    """``:replicas whisper /err @URL`` is all in one."""
    async with running(box) as pilot:
        console = pilot.app
        assert isinstance(console, Console)
        run(console, f"replicas whisper /err @unix://{tmp_path}/other.sock")
        await eventually(pilot, lambda: console.trail.here.view == "replicas" and console.trail.here.filter == "err")

        assert console.session.address == f"unix://{tmp_path}/other.sock"


async def test_a_context_that_is_none_is_told_and_nothing_is_left(box: SimulatedBox) -> None:
    """The daemon that is looked at stays."""
    async with running(box) as pilot:
        console = pilot.app
        assert isinstance(console, Console)
        before = console.session
        await pilot.press("colon")
        console.command_line.value = "ctx nowhere"
        await pilot.press("enter")
        await eventually(pilot, lambda: "There is no context nowhere." in screen_text(pilot))

        assert console.session is before
