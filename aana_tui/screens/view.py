"""What every view has: its place, what it shows of the store, and what is selected in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container

from aana_tui.actions.action import Scope
from aana_tui.actions.registry import BY_ID, bindings
from aana_tui.places import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget

    from aana_tui.actions.action import Action, Target
    from aana_tui.app import Console
    from aana_tui.session import Session


class View(Container, inherit_bindings=False):
    """One view. It is told to `show` at most twice a second while it is seen, and never while it is not.

    An action of one of its scopes is done by its method ``do_<name>``, else by its table's, else by the console.
    """

    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.TABLES,)
    TOPICS: ClassVar[tuple[str, ...]] = ()
    """What it shows of the store: it is told to show only when something of these, or of the link, has changed."""

    def __init_subclass__(cls) -> None:
        cls.BINDINGS = bindings(*cls.SCOPES)
        super().__init_subclass__(inherit_bindings=False)

    def __init__(self) -> None:
        super().__init__()
        self.place = Place("")
        self._shown: tuple[object, ...] = ()

    @property
    def console(self) -> Console:
        """The application."""
        from aana_tui.app import Console

        app = self.app
        assert isinstance(app, Console)  # noqa: S101 - Textual does not know which app a widget is in
        return app

    @property
    def session(self) -> Session:
        """The daemon that is looked at."""
        return self.console.session

    # What a view says of itself

    def open(self, place: Place) -> None:
        """Show another place of this view; `show` follows."""
        self.place = place
        self._shown = ()
        self.set_filter(place.filter)

    def set_filter(self, text: str) -> None:
        """Narrow what is shown: when a place is opened, and while a filter is typed."""
        narrow = getattr(self.main(), "set_filter", None)
        if narrow is not None:
            narrow(text)

    def back(self) -> bool:
        """Take back what is open in it; whether there was something."""
        return False

    def show(self) -> None:
        """Show what the store says now; only what has changed may be painted."""

    def main(self) -> Widget | None:
        """What takes the keys first."""
        return None

    def targets(self) -> list[Target]:
        """What an action would apply to: the marked rows, else the one under the cursor."""
        return []

    def hindrance(self, action: Action) -> str | None:  # noqa: ARG002 - for those who have a reason
        """Why an action cannot be done here now, apart from role and link; None where it can."""
        return None

    def do_next(self) -> None:
        """The keys go to the next pane."""
        self.screen.focus_next()

    def do_previous(self) -> None:
        """The keys go to the pane before."""
        self.screen.focus_previous()

    # What the console calls

    def pull(self) -> None:
        """Show, where something has changed since the last time."""
        store = self.session.store
        # Ages are told in whole minutes, and grow while nothing else changes.
        now = (self.place, *store.version("link", *self.TOPICS), store.link.is_live, store.now() // 60)
        if now != self._shown:
            self._shown = now
            self.show()
        self.set_class(not store.link.is_live and store.is_known, "-old")

    def handler(self, action: Action) -> Callable[[], object] | None:
        """What does this action here."""
        for owner in (self, self.main()):
            found: Callable[[], object] | None = getattr(owner, f"do_{action.name}", None)
            if found is not None:
                return found
        return None

    def action_perform(self, action_id: str) -> None:
        """A key was pressed."""
        self.console.perform(BY_ID[action_id])
