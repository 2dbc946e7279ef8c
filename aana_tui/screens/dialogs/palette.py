"""Find an action, or an action on some target, by a few letters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual.command import CommandPalette, DiscoveryHit, Hit, Provider
from textual.markup import escape

from aana_tui.actions.action import Scope
from aana_tui.actions.registry import ALL, BY_ID
from aana_tui.tones import style_of
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.command import Command, CommandList, Hits

    from aana_tui.actions.action import Action
    from aana_tui.app import Console

_ON_PROJECTS = ("project.start", "project.stop", "project.restart", "project.rollback", "project.scale")
DISCOVERED = 60
"""Entries that are shown before anything is typed."""


class Actions(Provider):
    """The registry, and its actions on the projects and replicas that there are."""

    @property
    def _console(self) -> Console:
        return self.app  # type: ignore[return-value]

    async def discover(self) -> Hits:
        """What is shown before anything is typed."""
        for name, why, do in list(entries(self._console))[:DISCOVERED]:
            yield DiscoveryHit(_label(name, why), do, text=name, help=escape(why))

    async def search(self, query: str) -> Hits:
        """Entries that have these letters, in this order."""
        matcher = self.matcher(query)
        for name, why, do in entries(self._console):
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, _label(name, why), do, text=name, help=escape(why))


class Palette(CommandPalette):
    """Textual's palette with the registry's entries only."""

    def __init__(self) -> None:
        super().__init__(providers=[Actions], placeholder="action, or action: target")

    def _refresh_command_list(self, command_list: CommandList, commands: list[Command], clear_current: bool) -> None:
        # A search may still report when the palette is being closed; Textual 8.2.8 ends the application then.
        if command_list.is_attached:
            super()._refresh_command_list(command_list, commands, clear_current)


def entries(console: Console) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Names, what each does or why it cannot, and what does it."""
    view = console.shell.view
    scopes = {Scope.EVERYWHERE, *(view.SCOPES if view is not None else ())}
    for action in ALL:
        if action.scope in scopes:
            reason = console.why_not(action)
            why = f"not now: {reason}" if reason else f"{action.help} [{console.keymap.label(action)}]"
            yield action.title, why, partial(console.perform, action)
    for project in console.session.store.projects():
        for name in _ON_PROJECTS:
            yield _on_target(console, BY_ID[name], sanitise(project.name), project.name)
        for view_name in ("project", "logs", "events", "requests"):
            yield (
                f"{view_name}: {sanitise(project.name)}",
                f"Go to the view of {view_name}.",
                partial(_run, console, f"{view_name} {project.name}"),
            )
    for one in console.session.store.replicas():
        target = f"{one.project} {one.deployment} {one.id}"
        yield f"logs: {sanitise(target)}", "The logs of this replica.", partial(_run, console, f"logs {target}")


def _on_target(console: Console, action: Action, label: str, name: str) -> tuple[str, str, Callable[[], None]]:
    reason = console.why_not(action, has_target=True)
    why = f"not now: {reason}" if reason else action.help
    return f"{action.title.lower()}: {label}", why, partial(console.perform, action, name)


def _run(console: Console, line: str) -> None:
    from aana_tui.actions.commands import run

    run(console, line)


def _label(name: str, why: str) -> Text:
    return Text(name, style=style_of("dim" if why.startswith("not now") else ""))
