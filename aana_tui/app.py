"""The console's application: keys, the link to the daemon, and which screen is seen."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App

from aana_tui.link import Link, Lost, Seen, Snapshot
from aana_tui.screens.dialogs import Confirm, Help
from aana_tui.screens.logs import Logs
from aana_tui.screens.projects import Projects
from aanad.client import Client, resolve, sanitise
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType


class Console(App[None]):
    """One daemon's projects.

    Args:
        connect: makes a client of it.
        address: how the daemon is called on the screen.
    """

    TITLE = "aana"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #title { height: 1; text-style: bold; }
    #banner { height: auto; background: $error; color: $text; display: none; }
    #projects { width: 1fr; }
    #projects.-old { opacity: 60%; }
    #detail { width: 46; padding: 0 1; border-left: solid $primary; }
    #why { height: auto; max-height: 3; color: $text-muted; }
    .-narrow #detail { display: none; }
    Confirm, Help { align: center middle; }
    .dialog { width: auto; max-width: 76; height: auto; padding: 1 2; border: solid $primary; }
    .dialog Static { width: auto; }
    .dialog Horizontal { width: auto; height: auto; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("s", "start", "Start"),
        ("x", "stop", "Stop"),
        ("r", "restart", "Restart"),
        ("l", "logs", "Logs"),
        ("question_mark", "help", "Help"),
        ("q", "quit", "Quit"),
        ("j", "move('down')", ""),
        ("k", "move('up')", ""),
    ]

    def __init__(self, connect: Callable[[], Client], address: str) -> None:
        super().__init__()
        self.animation_level = "none"
        self._connect = connect
        self._projects = Projects(address)
        self._link = Link(connect, self.post_message)
        self._seen = Snapshot([])
        self._is_lost = False

    def on_mount(self) -> None:
        """Show the first screen, and begin to look."""
        self.push_screen(self._projects)
        self._link.open()
        if not self.is_headless:
            # Textual restores the terminal on SIGINT only.
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.exit)

    def on_unmount(self) -> None:
        """Let the link end."""
        self._link.close()

    def on_seen(self, seen: Seen) -> None:
        """The daemon answered."""
        self._seen, self._is_lost = seen.snapshot, False
        self._projects.warn("")
        self._projects.show(self._seen)
        self._link.select(self._projects.selected())

    def on_lost(self, lost: Lost) -> None:
        """The daemon did not: what was seen stays, and says that it is old."""
        self._is_lost = True
        self._projects.warn(f"{lost.message} Trying again in {lost.retry_s:g} s.")

    def on_data_table_row_highlighted(self) -> None:
        """The cursor moved: its project's detail is wanted."""
        self._link.select(self._projects.selected())

    def action_move(self, direction: str) -> None:
        """Let j and k be the arrows."""
        self.simulate_key(direction)

    def action_start(self) -> None:
        """Start the selected project."""
        if project := self._changeable():
            self._change("start", project)

    def action_stop(self) -> None:
        """Stop it, after a question."""
        self._ask("Stop")

    def action_restart(self) -> None:
        """Replace its replicas, after a question."""
        self._ask("Restart")

    def action_logs(self) -> None:
        """Read its logs."""
        project = self._projects.selected()
        if project and self.screen is self._projects:
            self.push_screen(Logs(self._connect, project))

    def action_help(self) -> None:
        """Show the keys."""
        keys = [
            ("↑ ↓ j k", "choose a project"),
            ("s", "start it"),
            ("x", "stop it"),
            ("r", "restart it"),
            ("l", "its logs (G: the newest line)"),
            ("q esc", "back; q on the first screen quits"),
        ]
        self.push_screen(Help(keys))

    def _ask(self, verb: str) -> None:
        project = self._changeable()
        if project is None:
            return
        ready = sum(one.ready for one in self._seen.projects if one.name == project)
        question = f"{verb} {sanitise(project)}? {ready} ready replicas {'end' if verb == 'Stop' else 'are replaced'}."

        def answered(answer: bool | None) -> None:
            if answer:
                self._change(verb.lower(), project)

        self.push_screen(Confirm(question, verb), answered)

    def _changeable(self) -> str | None:
        """The selected project, where it can be changed from here and now."""
        if self.screen is not self._projects:
            return None
        if self._is_lost:
            self.notify("aanad does not answer, so nothing can be changed.", severity="warning")
            return None
        return self._projects.selected()

    @work(thread=True, exit_on_error=False)
    def _change(self, verb: str, project: str) -> None:
        try:
            with self._connect() as client:
                verbs = {"start": client.start, "stop": client.stop, "restart": client.restart}
                verbs[verb](project)
        except AanaError as error:
            text = sanitise(f"{error.message} {error.hint or ''}")
            self.call_from_thread(self.notify, text, severity="error", markup=False)
            return
        self.call_from_thread(self.notify, sanitise(f"{verb} of {project}: under way"), markup=False)
        self._link.look()


def main() -> None:
    """The ``aana-tui`` command."""
    parser = argparse.ArgumentParser(prog="aana-tui", description="The console of aanad.")
    parser.add_argument("--context", metavar="URL", help="the daemon: unix:///path/to/aanad.sock")
    context = parser.parse_args().context
    try:
        address = resolve(context)
    except AanaError as error:
        sys.exit(f"error: {error.message}\nhint: {error.hint}")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.exit("error: The console needs a terminal.\nhint: `aana ps`, `aana logs` and `aana events` do without one.")
    Console(lambda: Client(str(address)), str(address)).run(mouse=False)


if __name__ == "__main__":
    main()
