"""Looking at another daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.session import session_of

if TYPE_CHECKING:
    from aana_tui.actions.action import Action
    from aana_tui.app import Console
    from aana_tui.places import Place


def choose(console: Console, action: Action, argument: str = "") -> None:
    """Look at the named daemon; without a name at one of a list."""
    del action
    if argument:
        switch(console, argument)
        return
    from aana_tui.screens.dialogs.contexts import Contexts, known_contexts

    def chosen(name: str | None) -> None:
        if name:
            switch(console, name)

    console.push_screen(Contexts(console.session.name, known_contexts()), chosen)


def switch(console: Console, name: str, place: Place | None = None) -> None:
    """Let this daemon go and look at that one; where it does not answer, the banner says so and `@` leads back.

    Raises:
        InvalidInput: no context is meant.
    """
    session = session_of(name, read_only=console.session.read_only)
    console.look_at(session, *([place] if place is not None else []))
