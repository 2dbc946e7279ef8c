"""The view of all replicas."""

from __future__ import annotations

from datetime import timedelta

from textual.pilot import Pilot

from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aana_tui.figures import wall_clock
from aana_tui.places import Place
from aana_tui.screens.view import View
from aanad.wire.phase import Phase
from aanad.wire.projects import CrashKind, LastExit, Replica
from tests.tui.consoles import eventually, running, screen_text
from tests.tui.test_projects import shows


def replica_of(box: SimulatedBox, project: str, deployment: str | None = None) -> tuple[str, Replica]:
    """The first one and its key."""
    for key, item in sorted(box.items("replicas").items()):
        if item["project"] == project and deployment in {None, item["deployment"]}:
            return key, Replica.model_validate(item)
    raise AssertionError(project)


async def opened(pilot: Pilot[None], place: Place) -> View:
    """The view of replicas at this place, with something in it."""
    console = pilot.app
    assert isinstance(console, Console)
    console.go(place)
    await eventually(pilot, lambda: console.shell.view is not None and console.shell.view.place == place)
    assert console.shell.view is not None
    return console.shell.view


async def test_every_replica_has_a_line(box: SimulatedBox) -> None:
    """At 80 columns the most needed of it, at 260 all."""
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("2")
        await shows(pilot, " Replicas 60")
        assert "PHASE" in screen_text(pilot)
        await pilot.resize_terminal(260, 30)
        await shows(pilot, "LAST EXIT")
        for title in ("PROJECT", "DEPLOYMENT", "ID", "NODE", "PID", "AGE", "RESTARTS", "RSS", "GPU", "GPUMEM"):
            assert title in screen_text(pilot)


async def test_a_place_narrows_it_and_says_so_where_nothing_is_left(box: SimulatedBox) -> None:
    """To a project, to a deployment, with the cursor on a replica that is named."""
    _, replica = replica_of(box, "whisper", "ingress")
    async with running(box, size=(80, 24)) as pilot:
        place = Place("replicas", project="whisper", deployment="ingress", replica=replica.id)
        view = await opened(pilot, place)
        await eventually(
            pilot, lambda: any(line[0:1] == "▸" and replica.id in line for line in screen_text(pilot).splitlines())
        )
        assert "asr " not in screen_text(pilot)
        [target] = view.targets()
        assert (target.project, target.deployment, target.replica) == ("whisper", "ingress", replica.id)
        assert target.etag == box.items("projects")["whisper"]["etag"]

        await opened(pilot, Place("replicas", project="lowercase"))
        await shows(pilot, "lowercase has no replica now.")


async def test_one_that_died_lately_is_a_fault_and_says_how(box: SimulatedBox) -> None:
    """``F`` shows it although its successor runs; the line below tells what was seen."""
    key, replica = replica_of(box, "whisper")
    crash = LastExit(
        at=wall_clock() - timedelta(minutes=2), kind=CrashKind.OUT_OF_MEMORY, message="It took all memory."
    )
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("2")
        box.set("replicas", key, replica.model_copy(update={"last_exit": crash, "restarts": 3}))
        await pilot.press("F", "slash", *"project=whisper", "enter")
        await shows(pilot, "Replicas 1 of 60, faults only, filter /project=whisper")
        await shows(pilot, "one died 2m ago: It took all memory.")


async def test_the_pane_tells_all_of_a_replica(box: SimulatedBox) -> None:
    """Node, pid, memory, GPUs, restarts, and the last exit in whole."""
    async with running(box, size=(140, 30)) as pilot:
        await pilot.press("2", "slash", *"dep=detector", "enter")
        await shows(pilot, "▸ detector ▸")
        text = screen_text(pilot)
        for part in ("node        10.0.0.1", "pid         ", "GPU memory", "of this deployment"):
            assert part in text


async def test_enter_reads_its_log_and_marked_ones_are_read_together(box: SimulatedBox) -> None:
    """Two replicas of a deployment are the deployment's log, two of a project the project's."""
    async with running(box, size=(80, 24)) as pilot:
        console = pilot.app
        _, replica = replica_of(box, "whisper", "ingress")
        await opened(pilot, Place("replicas", project="whisper", deployment="ingress"))
        await pilot.press("g", "enter")
        expected = Place("logs", project="whisper", deployment="ingress", replica=replica.id)
        await eventually(pilot, lambda: console.trail.here == expected)  # type: ignore[attr-defined]

        await opened(pilot, Place("replicas", project="whisper"))
        await pilot.press("g", "space", "G", "space", "l")
        await eventually(pilot, lambda: console.trail.here == Place("logs", project="whisper"))  # type: ignore[attr-defined]


async def test_placement_goes_to_its_gpus(box: SimulatedBox) -> None:
    """From a replica to the hardware that it is on."""
    _, replica = replica_of(box, "asr")
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("2")
        await shows(pilot, " Replicas 60")
        await pilot.press("g", "p")
        expected = Place("gpus", project="asr", deployment=replica.deployment, replica=replica.id)
        await eventually(pilot, lambda: pilot.app.trail.here == expected)  # type: ignore[attr-defined]


async def test_hostile_names_are_text(box: SimulatedBox) -> None:
    """A process may call itself whatever it likes."""
    key, replica = replica_of(box, "asr")
    async with running(box, size=(200, 30)) as pilot:
        await pilot.press("2")
        update = {
            "id": "\x1b[31m[/b]evil\u202e",
            "node": "\x9b2J",
            "message": "\x1b]52;c;x\x07boo" * 1000,
            "phase": Phase.FAILED,
        }
        box.set("replicas", key, replica.model_copy(update=update))
        await shows(pilot, "[/b]evil")
        text = screen_text(pilot)
        assert not any(sign in text for sign in ("\x1b", "\x9b", "\x07", "\u202e"))
