"""Every action of the registry is performed where it belongs: it does something that is seen, or says why not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from textual.pilot import Pilot

from aana_tui.actions.action import Action, Scope
from aana_tui.actions.registry import ALL
from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aana_tui.places import Place
from tests.tui.consoles import eventually, running, screen_text


@dataclass(frozen=True)
class Scene:
    """What is there before an action: a place, and the keys pressed in it."""

    keys: tuple[str, ...] = ()
    argument: str = ""
    """What follows the action's word on the ``:`` line."""
    place: Place | None = None


DESK = Place("requests", project="rerank", endpoint="rerank")
PLACES = {
    Scope.EVERYWHERE: Place("projects"),
    Scope.TABLES: Place("replicas"),
    Scope.PROJECTS: Place("projects"),
    Scope.GPUS: Place("gpus"),
    Scope.LOGS: Place("logs", project="whisper"),
    Scope.REQUESTS: DESK,
    Scope.EVENTS: Place("events"),
}
SCENES = {
    "app.projects": Scene(place=Place("replicas")),
    "app.back": Scene(place=Place("replicas")),
    "app.quit": Scene(place=Place("replicas")),
    "app.earlier": Scene(place=Place("replicas")),
    "app.later": Scene(keys=("2", "left_square_bracket")),
    "app.last": Scene(keys=("2", "1")),
    "table.down": Scene(keys=("g",)),
    "table.up": Scene(keys=("G",)),
    "table.top": Scene(keys=("G",)),
    "table.bottom": Scene(keys=("g",)),
    "table.page-down": Scene(keys=("g",)),
    "table.page-up": Scene(keys=("G",)),
    "table.right": Scene(keys=("W",)),
    "table.left": Scene(keys=("W", "right")),
    "table.next": Scene(place=Place("project", project="whisper")),
    "table.previous": Scene(place=Place("project", project="whisper")),
    "table.sort": Scene(argument="id"),
    "project.scale": Scene(keys=("G",), argument="whisper asr=2"),
    "project.cancel": Scene(argument="llama2"),
    "log.next-hit": Scene(keys=("slash", *"POST", "enter")),
    "log.last-hit": Scene(keys=("slash", *"POST", "enter")),
    "log.in": Scene(argument="POST"),
    "log.out": Scene(argument="POST"),
    "log.grep": Scene(argument="POST"),
    "log.level": Scene(argument="error"),
    "log.widen": Scene(keys=("slash", *"POST", "enter", "ampersand")),
    "log.since": Scene(argument="2m"),
    "log.to-mark": Scene(keys=("k", "k", "m", "G")),
    "log.down": Scene(keys=("g",)),
    "log.page-down": Scene(keys=("g",)),
    "log.bottom": Scene(keys=("g",)),
    "log.up": Scene(keys=("G",)),
    "log.page-up": Scene(keys=("G",)),
    "log.top": Scene(keys=("G",)),
    "log.right": Scene(keys=("w",)),
    "log.left": Scene(keys=("w", "right")),
    "request.remove": Scene(keys=("enter", "h", "i", "enter", "escape", "k")),
    "request.case": Scene(argument="none such"),
    "request.save": Scene(argument="mine"),
}


@dataclass(frozen=True)
class Seen:
    """What an operator, or the daemon, can tell of the console."""

    screen: str
    dialogs: int
    place: Place
    asked: int
    focus: str


def seen(pilot: Pilot[None], box: SimulatedBox) -> Seen:
    console = pilot.app
    assert isinstance(console, Console)
    asked = sum(request.path not in {"/v1/watch", "/v1/version", "/v1/access"} for request in box.requests)
    return Seen(screen_text(pilot), len(console.screen_stack), console.trail.here, asked, repr(console.focused))


async def at_rest(pilot: Pilot[None], box: SimulatedBox) -> Seen:
    """What is seen once nothing moves any more."""
    before = seen(pilot, box)

    def has_settled() -> bool:
        nonlocal before
        now, last = seen(pilot, box), before
        before = now
        return now == last

    for _ in range(3):
        await pilot.pause(0.1)
        await eventually(pilot, has_settled)
    return before


async def exercise(pilot: Pilot[None], box: SimulatedBox, action: Action) -> None:
    """Set its scene, and perform it."""
    console = pilot.app
    assert isinstance(console, Console)
    scene = SCENES.get(action.id, Scene())
    place = scene.place or PLACES[action.scope]
    console.go(place)
    await eventually(
        pilot,
        lambda: console.shell.view is not None and console.shell.view.place == place and console.shell.view.display,
    )
    await at_rest(pilot, box)
    if scene.keys:
        await pilot.press(*scene.keys)
    before = await at_rest(pilot, box)
    console.perform(action, scene.argument)
    try:
        await eventually(pilot, lambda: seen(pilot, box) != before, within_s=5)
    except AssertionError as error:
        raise AssertionError(f"{action.id} does nothing that is seen:\n{before.screen}") from error


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.id)
async def test_an_action_does_something_or_says_why_not(box: SimulatedBox, action: Action) -> None:
    """No key and no word is without effect."""
    async with running(box, size=(120, 40)) as pilot:
        await exercise(pilot, box, action)
        await at_rest(pilot, box)
