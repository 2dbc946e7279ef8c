"""The console's application: which daemon and which place is seen, and what the actions do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App

from aana_tui.actions.action import Scope
from aana_tui.actions.registry import BY_ID, bindings, of
from aana_tui.places import Place, Trail
from aana_tui.shell import Shell
from aana_tui.widgets.banner import Banner
from aana_tui.widgets.command_line import CommandLine
from aana_tui.widgets.footer import Footer
from aana_tui.widgets.header import Header

if TYPE_CHECKING:
    from aana_tui.actions.action import Action
    from aana_tui.session import Session

START = Place("projects")
PULL_S = 0.5
UNFOCUSED_PULL_S = 2.0


class Console(App[None]):
    """One daemon at a time.

    Args:
        session: the daemon that is looked at first.
    """

    TITLE = "aana"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = bindings(Scope.EVERYWHERE)
    CSS_PATH: ClassVar = ["styles/shell.tcss", "styles/tables.tcss", "styles/hardware.tcss"]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.animation_level = "none"
        self.theme = "ansi-dark"
        self.session = session
        self.trail = Trail(START)
        self.shell = Shell()
        self._pulled_at = 0.0

    async def on_mount(self) -> None:
        """Paint the first view, then begin to look: what the link imports would hold the first frame up."""
        await self.push_screen(self.shell)
        await self.shell.open(self.trail.here)
        self.paint_frame()
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Let the daemon go."""
        self.session.close()

    def _begin(self) -> None:
        self.session.open()
        self.set_interval(PULL_S, self.pull)

    # Where one is

    def go(self, place: Place) -> None:
        """Go somewhere, and remember the way."""
        self.trail.go(place)
        self._show_place()

    @work(exclusive=True, group="place", exit_on_error=False)
    async def _show_place(self) -> None:
        await self.shell.open(self.trail.here)
        self.paint_frame()

    def pull(self) -> None:
        """Let what is seen show what has changed; seldom while the terminal has not the focus."""
        now = self.session.store.now()
        if not self.app_focus and now - self._pulled_at < UNFOCUSED_PULL_S:
            return
        self._pulled_at = now
        if self.shell.view is not None:
            self.shell.view.pull()
        self.paint_frame()

    def paint_frame(self) -> None:
        """Header, banner and footer, where they say something else than before."""
        if not self.shell.is_mounted:
            return
        self.shell.query_one(Header).show(self.session, self.trail.here)
        self.shell.query_one(Banner).show(self.session.store)
        scopes = self.shell.view.SCOPES if self.shell.view is not None else ()
        actions = [action for action in of(*scopes, Scope.EVERYWHERE) if action.footer]
        self.shell.query_one(Footer).show((action, self.why_not(action) is None) for action in actions)

    # Actions

    def why_not(self, action: Action) -> str | None:
        """Why an action cannot be done now; None where it can."""
        store = self.session.store
        if action.needs_link and not store.link.is_live:
            return "aanad does not answer, so nothing can be changed."
        if action.changes and store.access is not None and not _covers(store.access.role, action.role):
            return f"Your role here is {store.access.role}; this needs {action.role}."
        return self.shell.view.hindrance(action) if self.shell.view is not None else None

    def action_perform(self, action_id: str) -> None:
        """A key was pressed."""
        self.perform(BY_ID[action_id])

    def perform(self, action: Action) -> None:
        """Do an action, or say why not."""
        reason = self.why_not(action)
        if reason is not None:
            self.notify(reason, severity="warning", markup=False)
            return
        view = self.shell.view
        handler = view.handler(action) if view is not None else None
        handler = handler or getattr(self, f"do_{action.name}", None)
        if handler is not None:
            handler()

    def do_projects(self) -> None:
        """Go to the projects."""
        self.go(START)

    def do_replicas(self) -> None:
        """Go to the replicas."""
        self.go(Place("replicas"))

    def do_quit(self) -> None:
        """Go back, or leave."""
        if self.trail.is_at_start:
            self.exit()
        else:
            self.do_back()

    def do_back(self) -> None:
        """Close what is open, clear the filter, or go back."""
        if self.shell.view is not None and self.shell.view.back():
            return
        if self.trail.here.filter:
            self.filter("")
            return
        self.trail.back()
        self._show_place()

    # The filter

    def do_filter(self) -> None:
        """Type a filter."""
        self.shell.query_one(CommandLine).open("/", self.trail.here.filter)

    def filter(self, text: str) -> None:
        """Narrow what is seen, without leaving it."""
        self.trail.amend(self.trail.here.filtered(text))
        if self.shell.view is not None:
            self.shell.view.open(self.trail.here)
        self.pull()

    def on_command_line_typed(self, event: CommandLine.Typed) -> None:
        """A filter works while it is typed."""
        if self.shell.view is not None:
            self.shell.view.set_filter(event.text)

    def on_command_line_entered(self, event: CommandLine.Entered) -> None:
        """A filter stays, and belongs to the place from now on."""
        if event.mode == "/":
            self.filter(event.text)

    def on_command_line_closed(self) -> None:
        """The keys belong to the view again; a filter that was not entered is taken back."""
        if self.shell.view is not None:
            self.shell.view.set_filter(self.trail.here.filter)
        self.shell.focus_view()

    def do_command(self) -> None:
        """Type a command."""
        self.shell.query_one(CommandLine).open(":")


def _covers(role: str, needed: str) -> bool:
    order = ["viewer", "operator", "admin"]
    return order.index(role) >= order.index(needed)
