"""Changes of projects from the console: how they are asked for, sent and followed."""

from __future__ import annotations

import json

from textual.pilot import Pilot
from textual.widgets import Input

from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.faults import Seen
from aana_tui.screens.dialogs.ask import Ask
from aana_tui.screens.dialogs.confirm import Confirm
from aanad.wire.access import Role
from aanad.wire.problems import Problem
from tests.tui.consoles import eventually, running, screen_text


def changes(box: SimulatedBox, verb: str = "") -> list[Seen]:
    """What was asked of the daemon that changes something."""
    asked = [one for one in box.requests if one.method != "GET" and not one.path.endswith("/plan")]
    return [one for one in asked if one.path.endswith(verb)]


async def typed(pilot: Pilot[None], text: str) -> None:
    """Type a line and enter it; of a command the colon is pressed, and the rest pasted."""
    if text.startswith(":"):
        await pilot.press("colon")
    await eventually(pilot, lambda: isinstance(pilot.app.focused, Input))
    line = pilot.app.focused
    assert isinstance(line, Input)
    line.insert_text_at_cursor(text.removeprefix(":"))
    await pilot.press("enter")


async def asked(pilot: Pilot[None]) -> Confirm:
    """The question, once it is on the screen."""
    await eventually(pilot, lambda: isinstance(pilot.app.screen, Confirm) and pilot.app.screen.is_mounted)
    await pilot.pause()
    dialog = pilot.app.screen
    assert isinstance(dialog, Confirm)
    return dialog


async def test_a_start_is_done_at_once_and_followed_to_its_end(box: SimulatedBox) -> None:
    """What interrupts nothing is not asked about; how it goes stands in one line, and how it ended."""
    async with running(box) as pilot:
        await typed(pilot, ":start lowercase")
        await eventually(pilot, lambda: "start of lowercase:" in screen_text(pilot))

        for _ in range(120):
            box.tick()
        await eventually(pilot, lambda: "start of lowercase: done" in screen_text(pilot))


async def test_a_restart_names_its_target_and_its_impact_and_waits_for_y(box: SimulatedBox) -> None:
    """Replicas and requests are named, the daemon's plan comes along, Cancel has the focus."""
    async with running(box) as pilot:
        await pilot.press("r")
        dialog = await asked(pilot)
        await eventually(pilot, lambda: "interrupted" in screen_text(pilot))
        text = screen_text(pilot)

        assert "Restart asr?" in text
        assert "6 of 6 replicas" in text
        assert "in flight" in text
        assert dialog.focused is not None
        assert dialog.focused.id == "cancel"
        assert not changes(box)

        await pilot.press("y")
        await eventually(pilot, lambda: changes(box, "/asr/restart"))


async def test_escape_and_enter_cancel(box: SimulatedBox) -> None:
    """Whoever presses enter without reading has changed nothing."""
    async with running(box) as pilot:
        for key in ("escape", "enter", "n"):
            await pilot.press("r")
            await asked(pilot)
            await pilot.press(key)
            await eventually(pilot, lambda: not isinstance(pilot.app.screen, Confirm))

        assert not changes(box)


async def test_a_stop_wants_the_projects_name(box: SimulatedBox) -> None:
    """Neither y nor another name stops it."""
    async with running(box) as pilot:
        await typed(pilot, ":stop whisper")
        await asked(pilot)
        await typed(pilot, "y")
        await eventually(pilot, lambda: "That is not whisper" in screen_text(pilot))
        assert not changes(box)

        await pilot.press("backspace")
        await typed(pilot, "whisper")
        await eventually(pilot, lambda: changes(box, "/whisper/stop"))


async def test_several_marked_targets_are_one_tier_more(box: SimulatedBox) -> None:
    """A restart of two is typed, and both are named before."""
    async with running(box) as pilot:
        await pilot.press("space", "space", "r")
        await asked(pilot)
        text = screen_text(pilot)
        assert "Restart 2 projects?" in text
        assert "asr: " in text
        assert "captions: " in text

        await typed(pilot, "restart 2")
        await eventually(pilot, lambda: len(changes(box, "/restart")) == 2)


async def test_a_change_carries_what_was_on_the_screen_and_a_key_of_its_own(box: SimulatedBox) -> None:
    """So that the daemon can refuse what was decided on an old view, and does nothing twice."""
    async with running(box) as pilot:
        etag = box.items("projects")["asr"]["etag"]
        await pilot.press("r")
        await asked(pilot)
        await pilot.press("y")
        await eventually(pilot, lambda: changes(box, "/restart"))

        (sent,) = changes(box)
        assert sent.headers["if-match"] == etag
        assert sent.headers["idempotency-key"]


async def test_where_somebody_was_quicker_it_is_asked_anew_with_what_is_there_now(box: SimulatedBox) -> None:
    """The dialog comes back and says so; confirmed again, the fresh version is sent."""
    async with running(box) as pilot:
        problem = Problem(title="x", status=412, code="version_mismatch", message="asr was changed.", hint="Look.")
        box.faults.answer_next("POST", "/v1/projects/asr/restart", problem)
        await pilot.press("r")
        await asked(pilot)
        await pilot.press("y")
        await eventually(pilot, lambda: "asr was changed." in screen_text(pilot))
        assert "asr is now running" in screen_text(pilot)

        await asked(pilot)
        await pilot.press("y")
        await eventually(pilot, lambda: len(changes(box, "/restart")) == 2)
        first, second = changes(box)
        assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


async def test_a_refusal_is_told_with_its_hint(box: SimulatedBox) -> None:
    """What the daemon says, where the operator looks."""
    async with running(box) as pilot:
        problem = Problem(title="x", status=409, code="busy", message="It is busy.", hint="Wait a little.")
        box.faults.answer_next("POST", "/v1/projects/lowercase/start", problem)
        await typed(pilot, ":start lowercase")

        await eventually(pilot, lambda: "✖ It is busy. Wait a little." in screen_text(pilot))


async def test_nothing_is_changed_under_a_lost_link(box: SimulatedBox) -> None:
    """The key says why; an open dialog does not send either, and stays."""
    async with running(box) as pilot:
        await pilot.press("r")
        await asked(pilot)
        box.link_down()
        console = pilot.app
        assert isinstance(console, Console)
        await eventually(pilot, lambda: not console.session.store.link.is_live)
        await pilot.press("y")
        await eventually(pilot, lambda: "does not answer" in screen_text(pilot))
        await pilot.press("escape", "r")
        await eventually(pilot, lambda: "! aanad does not answer, so restart has to wait." in screen_text(pilot))

        assert not changes(box)


async def test_a_viewer_is_told_what_it_would_need(box: SimulatedBox) -> None:
    """The role is the daemon's; the console only says so early."""
    box.role = Role.VIEWER
    async with running(box) as pilot:
        await pilot.press("r")
        await eventually(pilot, lambda: "Your role here is viewer; restart needs operator." in screen_text(pilot))


async def test_numbers_of_replicas_are_asked_for_and_read_as_the_command_reads_them(box: SimulatedBox) -> None:
    """A number that makes no sense is told where it was typed."""
    async with running(box) as pilot:
        await pilot.press("u")
        await eventually(pilot, lambda: isinstance(pilot.app.screen, Ask) and pilot.app.screen.focused)
        await pilot.press("backspace")
        await typed(pilot, "x")
        await eventually(pilot, lambda: "no number of replicas" in screen_text(pilot))
        await pilot.press("backspace")
        await typed(pilot, "2")
        await asked(pilot)
        assert "Scale asr: recogniser to 2?" in screen_text(pilot)
        await pilot.press("y")
        await eventually(pilot, lambda: changes(box, "/asr/scale"))

        assert json.loads(changes(box)[0].body)["deployments"]["recogniser"]["replicas"] == 2


async def test_a_rollback_takes_the_last_good_revision_or_a_named_one(box: SimulatedBox) -> None:
    """`U` is undo; `:rollback asr 3f` names one by its beginning."""
    async with running(box) as pilot:
        await pilot.press("U")
        await asked(pilot)
        assert "Roll asr back to its last good revision?" in screen_text(pilot)
        await pilot.press("escape")
        await typed(pilot, ":rollback asr abc")
        await asked(pilot)
        await pilot.press("y")
        await eventually(pilot, lambda: changes(box, "/asr/rollback"))

        assert changes(box)[0].query["revision"] == "abc"


async def test_what_loads_can_be_cancelled(box: SimulatedBox) -> None:
    """The operation is the project's that is under way."""
    async with running(box) as pilot:
        await typed(pilot, ":cancel asr")
        await eventually(pilot, lambda: "No operation of asr is under way." in screen_text(pilot))
        await typed(pilot, ":start lowercase")
        console = pilot.app
        assert isinstance(console, Console)
        await eventually(pilot, lambda: any(one.project == "lowercase" for one in console.session.store.operations()))
        await typed(pilot, ":cancel lowercase")
        await asked(pilot)
        await pilot.press("y")

        await eventually(pilot, lambda: changes(box, "/cancel"))


async def test_a_removal_stops_what_runs_and_wants_the_name(box: SimulatedBox) -> None:
    """The dialog tells that it runs; the name confirms both."""
    async with running(box) as pilot:
        await typed(pilot, ":rm embed")
        await asked(pilot)
        assert "embed: running" in screen_text(pilot)
        await typed(pilot, "embed")
        await eventually(pilot, lambda: any(one.method == "DELETE" for one in changes(box)))


async def test_keys_that_arrive_together_do_not_fall_through_to_the_view(box: SimulatedBox) -> None:
    """On a slow line `x` and what follows come at once: nothing but the dialog gets it."""
    async with running(box) as pilot:
        for key in ("x", "s", "s"):
            pilot.app._driver.process_message(_key(key))
        await asked(pilot)

        assert not changes(box)


def _key(key: str):
    from textual.events import Key

    return Key(key, key)
