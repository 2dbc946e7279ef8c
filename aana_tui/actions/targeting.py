"""Which projects an action means: those named, else those of what is selected."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aana_tui.actions.action import Target
    from aana_tui.app import Console
    from aana_tui.state.store import Store


def selected(console: Console) -> list[Target]:
    """What is marked or under the cursor."""
    view = console.shell.view
    return view.targets() if view is not None else []


def meant_projects(console: Console, words: Sequence[str]) -> list[str]:
    """Names of the projects that are meant, each once.

    Raises:
        InvalidInput: a project that is not there, or nothing is selected.
    """
    if words:
        for word in words:
            require_project(console.session.store, word)
        return list(dict.fromkeys(words))
    names = [target.project for target in selected(console) if target.project is not None]
    if not names:
        raise InvalidInput("No project is selected.", hint="Name one after the command.", code="nothing_selected")
    return list(dict.fromkeys(names))


def require_project(store: Store, name: str) -> None:
    """Refuse a project that is not there.

    Raises:
        InvalidInput: with those that are written like it.
    """
    names = [project.name for project in store.projects()]
    if name not in names:
        raise InvalidInput(f"There is no project {name!r}.", hint=nearest(name, names), code="project_not_found")


def nearest(word: str, known: Sequence[str]) -> str:
    """A hint that names what may have been meant."""
    close = get_close_matches(word, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else ""
