"""All that can be done, walked: each action says what it is, has something that does it, and a command that exists."""

from __future__ import annotations

import shlex
from itertools import combinations

import click
import pytest

from aana_tui.actions.action import Action, Scope, Target, Tier
from aana_tui.actions.copying import command_of
from aana_tui.actions.registry import ALL, by_command, code_of
from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aana_tui.keymap import keymap_of, read_keymap
from aana_tui.screens import VIEWS, view_class
from aanad.cli.main import aana
from tests.tui.consoles import eventually, running, screen_text

TARGET = Target(
    "replica", "k", "k", project="whisper", deployment="model", replica="r1", endpoint="transcribe",
    revision="3f9a1c2b4d5e", operation="op1",
)  # fmt: skip


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.id)
def test_an_action_says_what_it_is(action: Action) -> None:
    """Id, title, help, tier, and a key or a command."""
    area, dot, verb = action.id.partition(".")
    assert area
    assert dot
    assert verb
    assert action.title
    assert action.help.endswith(".")
    assert isinstance(action.tier, Tier)
    assert action.keys or action.command


def test_ids_are_each_of_one_action() -> None:
    """They are what keys are remapped by."""
    ids = [action.id for action in ALL]

    assert len(ids) == len(set(ids))


def test_a_command_means_one_thing_where_it_is_typed() -> None:
    """Views may share a word, as ``w`` writes what is seen; nothing that works everywhere shares its own."""
    for one, other in combinations([action for action in ALL if action.command], 2):
        if one.command == other.command:
            assert one.scope is not other.scope
            assert Scope.EVERYWHERE not in {one.scope, other.scope}
            assert by_command(one.command, [one.scope]) is one
            assert by_command(other.command, [other.scope]) is other


def test_no_key_means_two_things_in_one_scope() -> None:
    """Nor in those that tables and projects share."""
    for one, other in combinations(ALL, 2):
        together = {one.scope, other.scope}
        if len(together) == 1 or together == {Scope.TABLES, Scope.PROJECTS}:
            shared = {*one.keys.split(",")} & {*other.keys.split(",")} - {""}
            assert not shared, (one.id, other.id)


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.id)
def test_an_action_has_something_that_does_it(action: Action) -> None:
    """A view, its table, or code that can be imported."""
    if action.view:
        assert action.view in VIEWS
    elif action.code:
        assert callable(code_of(action))
    else:
        from aana_tui.widgets.live_table import LiveTable

        owners = [view_class(name) for name in VIEWS if action.scope in view_class(name).SCOPES]
        assert any(hasattr(owner, f"do_{action.name}") for owner in [*owners, LiveTable]) or _by_widget(action)


def _by_widget(action: Action) -> bool:
    """Whether a widget of the console does it: a view's main widget is known only while it runs."""
    from importlib import import_module
    from pathlib import Path

    import aana_tui.widgets

    modules = (path.stem for path in Path(aana_tui.widgets.__file__).parent.glob("*.py") if path.stem != "__init__")
    kinds = (kind for name in modules for kind in vars(import_module(f"aana_tui.widgets.{name}")).values())
    return any(isinstance(kind, type) and hasattr(kind, f"do_{action.name}") for kind in kinds)


@pytest.mark.parametrize("action", [one for one in ALL if one.cli], ids=lambda action: action.id)
def test_the_command_that_does_the_same_exists(action: Action) -> None:
    """What is copied can be pasted into a shell: `aana` takes its words and options."""
    program, verb, *words = shlex.split(command_of(action, TARGET))
    assert program == "aana"
    command = aana.commands[verb]
    with click.Context(aana) as parent:
        command.make_context(verb, words, parent=parent)


async def test_actions_that_show_something_do(box: SimulatedBox) -> None:
    """Each key that works everywhere is seen to do what its help says."""
    async with running(box) as pilot:
        console = pilot.app
        assert isinstance(console, Console)
        shown = {"question_mark": "Here: projects", "c": "Copy what?", "y": '"name": "asr"', "at": "Which daemon now?"}
        for key, text in shown.items():
            await pilot.press(key)
            await eventually(pilot, lambda text=text: text in screen_text(pilot))
            await pilot.press("escape")
            await eventually(pilot, lambda: console.screen is console.shell)
        for key, view in (("2", "replicas"), ("3", "gpus"), ("6", "events"), ("minus", "gpus")):
            await pilot.press(key)
            await eventually(pilot, lambda view=view: console.trail.here.view == view)
        await pilot.press("left_square_bracket")
        await eventually(pilot, lambda: console.trail.here.view == "events")
        await pilot.press("right_square_bracket")
        await eventually(pilot, lambda: console.trail.here.view == "gpus")


async def test_what_cannot_be_done_says_why(box: SimulatedBox) -> None:
    """A key never does nothing."""
    async with running(box) as pilot:
        await pilot.press("ctrl+r")
        await eventually(pilot, lambda: "The daemon answers." in screen_text(pilot))


def test_keys_can_be_given_to_other_actions() -> None:
    """By the action's id; signs may be written as they are."""
    keymap = keymap_of({"project.stop": "X,ctrl+x", "app.help": "+"})

    assert keymap.problems == ()
    assert keymap.changed == {"project.stop": "X,ctrl+x", "app.help": "plus"}


def test_keys_that_make_no_sense_are_told_and_left_as_they_were() -> None:
    """An id that is none, a key that something else has."""
    keymap = keymap_of({"project.halt": "x", "project.stop": "s"})

    assert keymap.changed == {}
    assert keymap.problems == (
        "There is no action 'project.halt' to give a key to.",
        "'s' is project.start's already, so project.stop keeps its own keys.",
    )


def test_a_file_of_keys_that_cannot_be_read_keeps_nobody_out(tmp_path) -> None:
    """The console starts with the keys it always has, and says so."""
    file = tmp_path / "console.toml"
    assert read_keymap(file).problems == ()
    file.write_text("[keys\n")
    (problem,) = read_keymap(file).problems

    assert "cannot be used" in problem
