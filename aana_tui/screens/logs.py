"""The logs of the box, of a project, a deployment or a replica: followed, searched, filtered, saved."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.widgets import Static

from aana_tui.actions.action import Scope, Target
from aana_tui.screens.log_filtering import FilteredLogs
from aana_tui.screens.log_saving import SavedLogs
from aana_tui.screens.log_status import status_line
from aana_tui.state.log_feed import WINDOWS, LogFeed, LogQuery
from aana_tui.widgets.log_view import SLICE_S, LogView

if TYPE_CHECKING:
    from rich.text import Text
    from textual.app import ComposeResult

    from aana_tui.places import Place
    from aana_tui.state.log_entries import LogEntry
    from aana_tui.state.log_ring import LogRing

DRAIN_S = 0.3
TAKEN_AT_ONCE = 200
OPENING_S = 2.0
SAID_S = 2.0
MAX_BYTES_PER_S = 36_000
"""That following may take of the link, besides what else is painted."""


class LogsView(FilteredLogs, SavedLogs):
    """One open log. While it is not seen, its feed fills up and then waits."""

    SCOPES: ClassVar = (Scope.LOGS,)

    def __init__(self) -> None:
        super().__init__()
        self.window = ""
        """How far back it reaches, in words."""
        self.one_in = 1
        """Which share of what comes is seen while it follows."""
        self._scope: tuple[str | None, ...] | None = None
        self._unseen = 0
        """Records that came since the last painting."""
        self._painted_at = self._began_at = self._sampled_at = 0.0
        self._status: Text | None = None

    def compose(self) -> ComposeResult:
        """What is shown, and the log."""
        yield Static(markup=False, id="log-status")
        yield LogView(id="log")

    def on_mount(self) -> None:
        """Begin to look for what has come."""
        self.set_interval(DRAIN_S, self._drain)

    def on_unmount(self) -> None:
        """Let the daemon go."""
        self._close()

    def main(self) -> LogView:
        """The log."""
        return self.query_one("#log", LogView)

    @property
    def ring(self) -> LogRing:
        """The records that are here."""
        return self.main().ring

    def open(self, place: Place) -> None:
        """Open the log of a place; where only its filter is another, the log stays as it is."""
        super().open(place)
        scope = (place.project, place.deployment, place.replica)
        if scope != self._scope or self.feed is None:
            self._scope = scope
            known = sum(1 for part in scope if part)
            self.main().set_look(known=known, name_cells=0)
            self.forget_filters()
            self.begin(*WINDOWS[0])
        self.set_filter(place.filter)

    def show(self) -> None:
        """The link is otherwise: where it is back, the log need not wait for its own next try."""
        if self.feed is not None and self.session.store.link.is_live:
            self.feed.retry()
        self.show_status()

    def targets(self) -> list[Target]:
        """The record under the cursor."""
        entry = self.main().entry
        return [_target(entry)] if entry is not None and not entry.is_mark else []

    # The log that is open

    def begin(self, window: str, query: LogQuery) -> None:
        """Read another part of the log."""
        self._close()
        project, deployment, replica = self._scope or (None, None, None)
        scoped = replace(query, projects=(project,) if project else (), deployment=deployment, replica=replica)
        self.window = window
        self.feed = LogFeed(self.session.connect, scoped)
        self.feed.open()
        self.main().clear()
        if not query.follow:
            self.main().set_following(is_following=False)
        self._unseen, self.one_in = 0, 1
        self._began_at = time.monotonic()
        self.show_status()

    def _close(self) -> None:
        if self.feed is not None:
            self.feed.close()
            self.feed = None

    @property
    def is_seen(self) -> bool:
        """Whether anybody looks."""
        return self.console.shell.view is self

    def _drain(self) -> None:
        feed, log = self.feed, self.main()
        if feed is None or not self.is_seen:
            return
        until = time.perf_counter() + SLICE_S
        while feed.waiting and not log.must_wait and time.perf_counter() < until:
            anew, entries = feed.take(min(TAKEN_AT_ONCE, log.ring.reserve))
            if anew:
                log.clear()
            log.take_in(entries)
            self._unseen += len(entries)
        self._paint()
        self.look_after_save()
        self.show_status()
        if feed.waiting and not log.must_wait:
            # More than a slice holds: go on as soon as the keys that were pressed meanwhile are answered.
            self.call_later(self._drain)

    def _paint(self) -> None:
        """Paint what is new, as often as the link can bear while it follows."""
        log, now = self.main(), time.monotonic()
        if not self._unseen:
            self._sample(1, now)
            return
        pause_s = max(DRAIN_S * 0.9, log.page_bytes / MAX_BYTES_PER_S) if log.is_following else 0.0
        if now - self._painted_at < pause_s:
            return
        log.show_new()
        seen = max(1, log.seen_records)
        # What was there when the log was opened is no burst.
        is_burst = log.is_following and now - self._began_at > OPENING_S
        self._sample(-(-self._unseen // seen) if is_burst else 1, now)
        self._unseen, self._painted_at = 0, now

    def _sample(self, one_in: int, now: float) -> None:
        """So much of what came was seen; what is said of it stays long enough to be read."""
        if one_in >= self.one_in or now - self._sampled_at > SAID_S:
            self.one_in, self._sampled_at = one_in, now

    def show_status(self) -> None:
        """Say above the log what it is, where that differs from what stands there."""
        line = status_line(self, self.size.width or self.app.size.width)
        if self._status is None or line != self._status or line.spans != self._status.spans:
            self._status = line
            self.query_one("#log-status", Static).update(line)
        self.main().set_empty(self._why_empty())

    def on_log_view_changed(self) -> None:
        """It was scrolled, or filtered."""
        self.show_status()

    def _why_empty(self) -> str:
        feed, ring = self.feed, self.main().ring
        if feed is None or (not feed.has_answered and feed.error is None):
            return "Asking the daemon…"
        if feed.error is not None and not ring.records:
            return ""
        if ring.records:
            return f"None of the {ring.records:,} records here matches; backspace takes the last filter away."
        if feed.query.since is not None:
            return f"Nothing in {self.window}; 0 shows the newest records."
        if feed.query.grep:
            return f"Nothing in the whole log matches {feed.query.grep}; `:grep` alone shows all again."
        return "No records yet."

    # How far back it reaches

    def do_tail(self) -> None:
        """The newest records."""
        self.begin(*WINDOWS[0])

    def do_head(self) -> None:
        """The oldest ones."""
        self.begin(*WINDOWS[1])

    def do_minute(self) -> None:
        """The last minute."""
        self.begin(*WINDOWS[2])

    def do_five_minutes(self) -> None:
        """The last 5 minutes."""
        self.begin(*WINDOWS[3])

    def do_quarter(self) -> None:
        """The last 15 minutes."""
        self.begin(*WINDOWS[4])

    def do_half_hour(self) -> None:
        """The last 30 minutes."""
        self.begin(*WINDOWS[5])

    def do_hour(self) -> None:
        """The last hour."""
        self.begin(*WINDOWS[6])

    def do_since(self, argument: str = "") -> None:
        """Since a time; without one, the newest records."""
        if not argument:
            self.do_tail()
            return
        self.begin(f"since {argument}", replace(WINDOWS[2][1], since=argument))

    def do_grep(self, argument: str = "") -> None:
        """Let the daemon filter; without a regex, no more."""
        window, query = WINDOWS[0]
        self.begin(f"grep {argument}" if argument else window, replace(query, grep=argument or None))

    # How it is shown

    def do_follow(self) -> None:
        """Follow, or stop."""
        log = self.main()
        log.set_following(not log.is_following)
        self.one_in = 1
        self.show_status()

    def do_mark(self) -> None:
        """Mark the moment, or take the mark away that the cursor is on."""
        self.main().mark(datetime.now(UTC))


def _target(entry: LogEntry) -> Target:
    return Target(
        "log", entry.position or f"{entry.time.isoformat()} {entry.seq}", f"{entry.origin} {entry.time:%H:%M:%S}",
        project=entry.project or None, deployment=entry.deployment or None, replica=entry.replica or None,
        json=entry.as_json(), row=entry.as_line(),
    )  # fmt: skip
