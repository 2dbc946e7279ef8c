"""The ``:`` line: what its words mean here, and what could be meant by half a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.actions.registry import COMMANDS, by_command
from aana_tui.actions.targeting import nearest, require_project
from aana_tui.command_words import parse
from aana_tui.places import Place
from aana_tui.screens import VIEWS
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aana_tui.actions.action import Action
    from aana_tui.app import Console
    from aana_tui.command_words import Words
    from aana_tui.state.store import Store


def open_line(console: Console, action: Action, argument: str = "") -> None:
    """Type a command."""
    del action
    console.command_line.open(":", argument)


def open_filter(console: Console, action: Action, argument: str = "") -> None:
    """Type a filter; it begins with the one there is."""
    del action
    console.command_line.open("/", argument or console.trail.here.filter)


def run(console: Console, text: str) -> None:
    """Do what a line says.

    Raises:
        InvalidInput: it means nothing; the hint names what is written like it.
    """
    words = parse(text)
    view = console.shell.view
    action = by_command(words.first, view.SCOPES if view is not None else ())
    if action is not None and not action.view:
        console.perform(action, words.rest)
        return
    place = _place(console, words)
    if words.daemon is not None:
        from aana_tui.actions.contexts import switch

        switch(console, words.daemon, place)
    elif words.first:
        console.go(place)
    elif words.filter is not None:
        console.filter(words.filter)


def completions(text: str, store: Store) -> list[str]:
    """Whole lines that begin with what is typed: views and actions first, then projects."""
    first, blank, rest = text.partition(" ")
    if not blank:
        return [word for word in sorted({*VIEWS, *COMMANDS}) if word.startswith(first)] if first else []
    action = by_command(first)
    takes_project = first in VIEWS or (action is not None and "PROJECT" in action.argument)
    *before, last = rest.split(" ")
    if not takes_project or last.startswith(("/", "@")):
        return []
    head = " ".join([first, *before])
    return [f"{head} {name}" for name in _names(before, store) if name.startswith(last) and name not in before]


def _names(before: Sequence[str], store: Store) -> list[str]:
    projects = [project.name for project in store.projects()]
    if not before:
        return projects
    deployments = {one.deployment for one in store.replicas() if one.project == before[0]}
    return [*sorted(deployments), *projects]


def _place(console: Console, words: Words) -> Place:
    here = console.trail.here
    if not words.first:
        return here if words.filter is None else here.filtered(words.filter)
    action = by_command(words.first)
    view = action.view if action is not None else words.first
    if view not in VIEWS:
        known = sorted({*VIEWS, *COMMANDS})
        raise InvalidInput(
            f"There is no view or action {words.first!r}.",
            hint=nearest(words.first, known) or "`?` shows all that there are.",
            code="unknown_command",
        )
    targets = words.targets
    if targets and words.daemon is None:
        require_project(console.session.store, targets[0])
    if view == "projects" and targets:
        view = "project"
    fields = ("project", "endpoint") if view == "requests" else ("project", "deployment", "replica")
    if len(targets) > len(fields):
        raise InvalidInput(
            f"{targets[len(fields)]!r} is too much.", hint=f"`:{words.first} {' '.join(fields).upper()}` is all.",
            code="invalid_command",
        )  # fmt: skip
    return Place(view, filter=words.filter or "", **dict(zip(fields, targets, strict=False)))
