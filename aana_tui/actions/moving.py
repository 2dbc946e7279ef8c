"""Going from place to place: back and forth, and from a thing to its logs, events and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.actions.targeting import selected
from aana_tui.places import Place
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from aana_tui.actions.action import Action, Target
    from aana_tui.app import Console


def back(console: Console, action: Action, argument: str = "") -> None:
    """Take the zoom back, close what is open in the view, clear the filter, or go back."""
    del action, argument
    view = console.shell.view
    if console.shell.maximized is not None:
        console.shell.minimize()
    elif view is not None and view.back():
        return
    elif console.trail.here.filter:
        console.filter("")
    else:
        earlier(console)


def leave(console: Console, action: Action, argument: str = "") -> None:
    """Go back; at the start of the way leave the console."""
    del action, argument
    if console.trail.is_at_start:
        console.exit()
    else:
        earlier(console)


def earlier(console: Console, action: Action | None = None, argument: str = "") -> None:
    """A step back on the way."""
    del action, argument
    console.trail.back()
    console.show_place()


def later(console: Console, action: Action, argument: str = "") -> None:
    """A step forward again."""
    del action, argument
    console.trail.forward()
    console.show_place()


def last(console: Console, action: Action, argument: str = "") -> None:
    """Change between the two views that were seen last."""
    del action, argument
    if console.last_place is not None:
        console.go(console.last_place)


def logs(console: Console, action: Action, argument: str = "") -> None:
    """The logs of what is selected."""
    del action, argument
    target = _one(console)
    console.go(Place("logs", project=target.project, deployment=target.deployment, replica=target.replica))


def events(console: Console, action: Action, argument: str = "") -> None:
    """The events of what is selected."""
    del action, argument
    console.go(Place("events", project=_one(console).project))


def try_out(console: Console, action: Action, argument: str = "") -> None:
    """A test request to the endpoint that is selected or named, else to one of the project's."""
    del action
    if argument:
        from aana_tui.actions.commands import run

        run(console, f"requests {argument}")
        return
    target = _one(console)
    endpoints = [
        endpoint.name
        for project in console.session.store.projects()
        if project.name == target.project
        for endpoint in project.endpoints
    ]
    # Of one there is nothing to choose.
    endpoint = target.endpoint or (endpoints[0] if len(endpoints) == 1 else None)
    console.go(Place("requests", project=target.project, endpoint=endpoint))


def _one(console: Console) -> Target:
    targets = [target for target in selected(console) if target.project is not None]
    if not targets:
        raise InvalidInput("Nothing of a project is selected.", code="nothing_selected")
    return targets[0]
