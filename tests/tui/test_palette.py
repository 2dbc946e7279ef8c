"""The palette's entries, asked of its provider: what Textual does with them is Textual's."""

from __future__ import annotations

from textual.command import DiscoveryHit, Hit

from aana_tui.demo.box import SimulatedBox
from aana_tui.screens.dialogs.palette import Actions
from aanad.wire.access import Role
from tests.tui.consoles import eventually, running


async def test_actions_are_found_by_a_few_letters_with_their_targets(box: SimulatedBox) -> None:
    """Of the registry, and on each project and replica that there is."""
    async with running(box) as pilot:
        provider = Actions(pilot.app.screen)
        found = [hit async for hit in provider.search("stopwhis")]
        names = [hit.text for hit in found if isinstance(hit, Hit)]

        assert "stop: whisper" in names
        assert any(
            name.startswith("logs: whisper ")
            for name in [hit.text or "" async for hit in provider.search("logs: whisper")]
        )


async def test_what_cannot_be_done_is_shown_with_its_reason(box: SimulatedBox) -> None:
    """It is not hidden: whoever looks for it learns what it would need."""
    box.role = Role.VIEWER
    async with running(box) as pilot:
        provider = Actions(pilot.app.screen)
        (restart,) = [hit async for hit in provider.search("Restart") if hit.text == "Restart"]

        assert restart.help == "not now: Your role here is viewer; restart needs operator."


async def test_an_entry_does_what_it_says(box: SimulatedBox) -> None:
    """Chosen, it is as if its line had been typed."""
    async with running(box) as pilot:
        provider = Actions(pilot.app.screen)
        hits = [hit async for hit in provider.search("events: whisper") if hit.text == "events: whisper"]
        hits[0].command()
        await eventually(pilot, lambda: pilot.app.trail.here.project == "whisper")  # type: ignore[attr-defined]


async def test_something_is_shown_before_anything_is_typed(box: SimulatedBox) -> None:
    """So that one can look around."""
    async with running(box) as pilot:
        found = [hit async for hit in Actions(pilot.app.screen).discover()]

        assert any(isinstance(hit, DiscoveryHit) and hit.text == "Help" for hit in found)
