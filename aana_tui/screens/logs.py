"""The end of one project's logs, kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.screen import Screen
from textual.widgets import Footer, Log, Static

from aanad.client import Client, sanitise
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

TAIL = 500
REFRESH_S = 2.0


class Logs(Screen[None]):
    """The last records; scrolled up it stays where it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "app.pop_screen", "Back"),
        ("G", "end", "End"),
    ]

    def __init__(self, connect: Callable[[], Client], project: str) -> None:
        super().__init__()
        self._connect = connect
        self._project = project
        self._shown: list[str] = []

    def compose(self) -> ComposeResult:
        """A title, the lines, the keys."""
        yield Static(f"logs ▸ {sanitise(self._project)}", id="title", markup=False)
        yield Log(auto_scroll=False)
        yield Footer()

    def on_mount(self) -> None:
        """Read now, and then again and again while this screen is seen."""
        self.query_one(Log).focus()
        self._read()
        self.set_interval(REFRESH_S, self._read)

    def action_end(self) -> None:
        """Go to the newest line, and stay there."""
        self.query_one(Log).scroll_end(animate=False)

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _read(self) -> None:
        try:
            with self._connect() as client:
                records = list(client.logs(self._project, tail=TAIL))
        except AanaError as error:
            self.app.call_from_thread(self._say, f"logs ▸ {self._project}: {error.message}")
            return
        lines: list[str] = []
        for record in records:
            start = f"{record.time:%H:%M:%S} {record.deployment or record.source} {record.level or '-'} "
            message = sanitise(record.message, lines=True).expandtabs(4)
            lines += (sanitise(start) + message).rstrip("\n").split("\n")
        self.app.call_from_thread(self._show, lines)

    def _say(self, title: str) -> None:
        if self.is_attached:
            self.query_one("#title", Static).update(sanitise(title))

    def _show(self, lines: list[str]) -> None:
        if not self.is_attached:
            return
        self._say(f"logs ▸ {self._project}" + ("" if lines else ": nothing yet"))
        if lines == self._shown:
            return
        log = self.query_one(Log)
        was_at_end = not self._shown or log.is_vertical_scroll_end
        where = log.scroll_y
        self._shown = lines
        log.clear()
        log.write_lines(lines, scroll_end=False)
        if was_at_end:
            log.scroll_end(animate=False)
        else:
            log.scroll_to(y=where, animate=False)
