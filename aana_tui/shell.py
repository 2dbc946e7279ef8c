"""The one screen that all views are shown in: header, banner, body, command line, footer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container
from textual.screen import Screen

from aana_tui.actions.action import Scope
from aana_tui.actions.registry import BY_ID, of
from aana_tui.screens import view_class
from aana_tui.widgets.banner import Banner
from aana_tui.widgets.command_line import CommandLine
from aana_tui.widgets.footer import Footer
from aana_tui.widgets.header import Header
from aana_tui.widgets.notice import Notice

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import AwaitMount

    from aana_tui.app import Console
    from aana_tui.places import Place
    from aana_tui.screens.view import View


class Shell(Screen[None]):
    """Views are made when they are first seen, and kept."""

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._views: dict[str, View] = {}
        self._arrivals: dict[str, AwaitMount] = {}
        self.view: View | None = None

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Header()
        yield Banner()
        yield Container(id="body")
        with Container(id="line"):
            yield Notice()
            yield CommandLine()
        yield Footer()

    async def open(self, place: Place) -> View:
        """Bring a place into sight."""
        # Painted once, when all of it is there.
        with self.app.batch_update():
            view = self._views.get(place.view)
            if view is None:
                view = self._views[place.view] = view_class(place.view)()
                self._arrivals[place.view] = self.query_one("#body").mount(view)
            # Who is taken elsewhere meanwhile leaves a view behind that is not ready yet.
            await self._arrivals[place.view]
            for other in self._views.values():
                other.display = other is view
            self.view = view
            view.open(place)
            view.pull()
            self.focus_view()
        return view

    def paint_frame(self, console: Console) -> None:
        """Say anew what stands around the view; each part paints only what differs."""
        header, notice = self.query_one_optional(Header), self.query_one_optional(Notice)
        banner, footer = self.query_one_optional(Banner), self.query_one_optional(Footer)
        if header is None or notice is None or banner is None or footer is None:
            return  # The console ends, and widgets have gone already.
        header.show(console.session, console.trail.here)
        label = console.keymap.label
        banner.show(console.session.store, label(BY_ID["app.retry"]), label(BY_ID["app.context"]))
        notice.progress(console.followed.line())
        scopes = self.view.SCOPES if self.view is not None else ()
        has_target = self.view is not None and bool(self.view.targets())
        # What works in this view comes before what works everywhere.
        actions = [action for action in (*of(*scopes), *of(Scope.EVERYWHERE)) if action.footer]
        footer.show(
            [(label(action), action, console.why_not(action, has_target=has_target) is None) for action in actions]
        )

    def focus_view(self) -> None:
        """Give the keys to what is seen."""
        main = self.view.main() if self.view is not None else None
        if main is not None:
            main.focus()
        else:
            self.set_focus(None)

    async def forget(self) -> None:
        """Let go of all views: another daemon is looked at."""
        self.view, self._views, self._arrivals = None, {}, {}
        await self.query_one("#body").remove_children()
