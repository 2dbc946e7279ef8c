"""Saving the open log to a file while the console goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aana_tui.screens.view import View
from aana_tui.state.log_save import LogSave, path_of, whole_log
from aana_tui.widgets.command_line import CommandLine
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aana_tui.state.log_entries import LogEntry
    from aana_tui.state.log_feed import LogFeed
    from aana_tui.state.log_ring import LogRing


class SavedLogs(View):
    """One file at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.feed: LogFeed | None = None
        self.save: LogSave | None = None
        """What is being written."""

    @property
    def ring(self) -> LogRing:
        """The records that are here."""
        raise NotImplementedError

    def do_save(self, argument: str = "") -> None:
        """Save all that the daemon has; without a name, one is proposed."""
        self._save(argument, self._whole())

    def do_save_over(self, argument: str = "") -> None:
        """Save all that the daemon has, over a file that is there."""
        self._save(argument, self._whole(), replaces=True)

    def do_save_shown(self, argument: str = "") -> None:
        """Save what is shown."""
        ring = self.ring
        shown = [ring[seq] for seq in ring.shown if not ring[seq].is_mark]
        self._save(argument, lambda: shown)

    def do_cancel_save(self) -> None:
        """Stop the saving."""
        if self.save is None:
            raise InvalidInput("Nothing is being saved.", code="nothing_to_do")
        self.save.cancel()

    def look_after_save(self) -> None:
        """Say how the saving ended, when it has."""
        if self.save is not None and self.save.is_done:
            done, self.save = self.save, None
            severity = "information" if done.error is None else "error"
            self.app.notify(done.words(), severity=severity, markup=False)  # type: ignore[arg-type]

    def _whole(self) -> Callable[[], Iterable[LogEntry]]:
        feed, connect = self.feed, self.session.connect
        if feed is None:
            raise InvalidInput("No log is open.", code="nothing_to_do")
        return lambda: whole_log(connect, feed.query)

    def _save(self, argument: str, entries: Callable[[], Iterable[LogEntry]], *, replaces: bool = False) -> None:
        if not argument:
            self.screen.query_one(CommandLine).open(":", f"w {self._proposed()}")
            return
        if self.save is not None:
            raise InvalidInput(
                f"{self.save.path} is still being written.", hint="`:cancel-save` stops that.", code="busy"
            )
        self.save = LogSave(path_of(argument), entries, replaces=replaces)
        self.save.begin()

    def _proposed(self) -> str:
        parts = [part for part in (self.place.project, self.place.deployment, self.place.replica) if part]
        return f"{'-'.join(parts) or 'aana'}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
