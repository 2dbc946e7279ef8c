"""What differs, line by line, as a plan and a diff show it: ``+ added``, ``~ changed``, ``- removed``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from aanad.cli.tables import is_coloured
from aanad.client.terminal import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.wire.plan import Change

Kind = Literal["added", "changed", "removed"]
_MARKS: dict[Kind, tuple[str, str]] = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}


def print_title(title: str) -> None:
    """A title over lines; bold on a terminal."""
    click.echo(click.style(sanitise(title), bold=True) if is_coloured() else sanitise(title))


def print_changed(kind: Kind, text: str) -> None:
    """One thing that differs, marked and in the mark's colour."""
    mark, colour = _MARKS[kind]
    line = f"  {mark} {sanitise(text)}"
    click.echo(click.style(line, fg=colour) if is_coloured() else line)


def print_settings(settings: Iterable[Change]) -> None:
    """Settings with their values before and after."""
    for change in settings:
        if change.before is None:
            print_changed("added", f"{change.name}: {change.after}")
        elif change.after is None:
            print_changed("removed", f"{change.name}: {change.before}")
        else:
            print_changed("changed", f"{change.name}: {change.before} → {change.after}")
