"""The console's one line to the daemon: a thread that polls, and tells what it saw. It touches no widget."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.client import Client
    from aanad.wire.events import Event
    from aanad.wire.projects import Project, Replica

POLL_S = 1.0
MAX_PAUSE_S = 10.0
EVENTS = 8


@dataclass(frozen=True)
class Snapshot:
    """What the daemon said; replicas and events are those of the project that was selected then."""

    projects: list[Project]
    selected: str | None = None
    replicas: list[Replica] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class Seen(Message):
    """The daemon answered."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


class Lost(Message):
    """The daemon did not answer; the link goes on trying."""

    def __init__(self, message: str, retry_s: float) -> None:
        super().__init__()
        self.message = message
        self.retry_s = retry_s


class Link:
    """Polls until it is closed; the pause grows while nobody answers.

    Args:
        connect: makes the client; called in the link's own thread.
        tell: takes messages, from any thread.
    """

    def __init__(self, connect: Callable[[], Client], tell: Callable[[Message], object]) -> None:
        self._connect = connect
        self._tell = tell
        self._wake = threading.Event()
        self._is_closed = False
        self.selected: str | None = None
        # Not joined at the end: a daemon that hangs must not keep the console from quitting.
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def open(self) -> None:
        """Begin."""
        self._thread.start()

    def select(self, project: str | None) -> None:
        """Look at another project, now."""
        if project != self.selected:
            self.selected = project
            self._wake.set()

    def look(self) -> None:
        """Look now."""
        self._wake.set()

    def close(self) -> None:
        """Stop after the request that is under way."""
        self._is_closed = True
        self._wake.set()

    def _run(self) -> None:
        pause_s = POLL_S
        while not self._is_closed:
            self._wake.clear()
            try:
                with self._connect() as client:
                    while not self._is_closed:
                        self._wake.clear()
                        self._tell(Seen(self._look(client)))
                        pause_s = POLL_S
                        self._wake.wait(POLL_S)
            except AanaError as error:
                self._tell(Lost(error.message, pause_s))
                self._wake.wait(pause_s)
                pause_s = min(MAX_PAUSE_S, pause_s * 2)

    def _look(self, client: Client) -> Snapshot:
        projects = client.projects()
        names = [project.name for project in projects]
        selected = self.selected if self.selected in names else next(iter(names), None)
        if selected is None:
            return Snapshot(projects)
        events = client.events(project=selected, limit=EVENTS)
        return Snapshot(projects, selected, client.replicas(selected), events)
