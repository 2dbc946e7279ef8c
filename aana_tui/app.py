"""The console's application: which daemon and which place is seen, and the way from a key to what it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work

from aana_tui.actions.action import Scope
from aana_tui.actions.registry import BY_ID, bindings, code_of
from aana_tui.actions.rules import takes_argument, why_not
from aana_tui.keymap import Keymap
from aana_tui.keys import KeysInOrder
from aana_tui.lifecycle import listen, say_failure
from aana_tui.painting import narrowed
from aana_tui.places import Place, Trail
from aana_tui.shell import Shell
from aana_tui.state.followed import Followed
from aana_tui.tones import THEME, decide_colours
from aana_tui.widgets.command_line import CommandLine
from aana_tui.widgets.notice import Notice
from aanad.errors import AanaError, InvalidInput

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.notifications import SeverityLevel
    from textual.screen import Screen
    from textual.worker import Worker

    from aana_tui.actions.action import Action
    from aana_tui.session import Session
    from aanad.wire.operations import Operation

START = Place("projects")
PULL_S = 0.5
UNFOCUSED_PULL_S = 2.0


class Console(KeysInOrder):
    """One daemon at a time.

    Args:
        session: the daemon that is looked at first.
        keymap: the keys, where the operator has others.
    """

    TITLE = "aana"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = bindings(Scope.EVERYWHERE)
    CSS_PATH: ClassVar = sorted(Path(__file__).parent.glob("styles/*.tcss"))

    def __init__(self, session: Session, keymap: Keymap | None = None) -> None:
        decide_colours()
        super().__init__(ansi_color=True)
        self.animation_level = "none"
        self.theme = THEME
        self.keymap = keymap or Keymap()
        self.set_keymap(self.keymap.changed)
        self.session = session
        self.trail = Trail(START)
        self.last_place: Place | None = None
        self.followed = Followed(session.store)
        self.shell = Shell()
        self._pulled_at = 0.0

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, narrowed(renderable))

    async def on_mount(self) -> None:
        """Paint the first view, then begin to look: what the link imports would hold the first frame up."""
        listen(self)
        await self.push_screen(self.shell)
        await self.shell.open(self.trail.here)
        self.paint_frame()
        self.call_after_refresh(self._begin)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def on_unmount(self) -> None:
        """Let the daemon go."""
        self.session.close()

    def _begin(self) -> None:
        self.session.open()
        self.set_interval(PULL_S, self.pull)
        for problem in self.keymap.problems:
            self.notify(problem, severity="warning")

    # Where one is

    @property
    def command_line(self) -> CommandLine:
        """Where commands and filters are typed."""
        return self.shell.query_one(CommandLine)

    def go(self, place: Place) -> None:
        """Go somewhere, and remember the way."""
        if place != self.trail.here:
            self.last_place = self.trail.here
        self.trail.go(place)
        self.show_place()

    def filter(self, text: str) -> None:
        """Narrow what is seen, without leaving it."""
        self.trail.amend(self.trail.here.filtered(text))
        if self.shell.view is not None:
            self.shell.view.open(self.trail.here)
        self.pull()

    def look_at(self, session: Session, place: Place = START) -> None:
        """Look at another daemon, and forget this one."""
        self.session.close()
        self.session = session
        self.trail, self.last_place = Trail(place), None
        self.followed = Followed(session.store)
        self.session.open()
        self.show_place(anew=True)

    @work(exclusive=True, group="place", exit_on_error=False)
    async def show_place(self, *, anew: bool = False) -> None:
        """Bring the place where one is into sight; `anew` where all views are another daemon's."""
        if anew:
            await self.shell.forget()
        await self.shell.open(self.trail.here)
        self.paint_frame()

    # What is seen

    def pull(self) -> None:
        """Let what is seen show what has changed; seldom while the terminal has not the focus."""
        now = self.session.store.now()
        if not self.app_focus and now - self._pulled_at < UNFOCUSED_PULL_S:
            return
        self._pulled_at = now
        if self.shell.view is not None:
            self.shell.view.pull()
        if self.followed.is_any:
            from aana_tui.actions.following import look

            look(self)
        self.paint_frame()

    def paint_frame(self) -> None:
        """Header, banner and footer, where they say something else than before."""
        self.shell.paint_frame(self)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something in the line above the footer: a toast would paint a block, and paint it away again."""
        del title, markup
        notice = self.shell.query_one_optional(Notice) if self.shell.is_mounted else None
        if notice is not None:
            notice.say(message, severity, timeout)

    def say_error(self, error: AanaError) -> None:
        """Say what went wrong, and what to do about it."""
        self.notify(f"{error.message} {error.hint or ''}".strip(), severity="error")

    # What was begun here

    def follow(self, operation: Operation) -> None:
        """Show how an operation goes on, and how it ends."""
        self.followed.add(operation)
        self.pull()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """No failure is silent, wherever it was."""
        if event.worker.error is not None:
            say_failure(self, event.worker.error)

    # Actions

    def why_not(self, action: Action, *, has_target: bool | None = None) -> str | None:
        """Why an action cannot be done now; None where it can.

        Args:
            action: what is to be done.
            has_target: whether what it applies to is known; looked for in the view where not given.
        """
        return why_not(self, action, has_target)

    def action_perform(self, action_id: str) -> None:
        """A key was pressed."""
        self.perform(BY_ID[action_id])

    def perform(self, action: Action, argument: str = "") -> None:
        """Do an action, or say why not.

        Args:
            action: what is to be done.
            argument: what follows its command on the ``:`` line.
        """
        reason = self.why_not(action, has_target=True if argument else None)
        if reason is not None:
            self.notify(reason, severity="warning")
            return
        try:
            self._do(action, argument)
        except AanaError as error:
            self.say_error(error)
        self.paint_frame()

    def _do(self, action: Action, argument: str) -> None:
        view = self.shell.view
        handler = view.handler(action) if view is not None and action.scope is not Scope.EVERYWHERE else None
        if argument and not takes_argument(action, handler):
            raise InvalidInput(f"Nothing follows {action.command!r}.", code="invalid_command")
        if handler is not None:
            handler(*([argument] if argument else []))
        elif action.view:
            self.go(Place(action.view))
        elif action.code:
            code_of(action)(self, action, argument)
        else:
            self.notify(f"{action.title} means nothing here.", severity="warning")

    # The command line

    def on_command_line_entered(self, event: CommandLine.Entered) -> None:
        """A command or a filter was given."""
        if event.mode == "/":
            self.filter(event.text)
            return
        from aana_tui.actions.commands import run

        try:
            run(self, event.text)
        except AanaError as error:
            self.say_error(error)

    def on_command_line_typed(self, event: CommandLine.Typed) -> None:
        """A filter works while it is typed."""
        if self.shell.view is not None:
            self.shell.view.set_filter(event.text)

    def on_command_line_closed(self) -> None:
        """The keys belong to the view again; a filter that was not entered is taken back."""
        if self.shell.view is not None:
            self.shell.view.set_filter(self.trail.here.filter)
        self.shell.focus_view()
