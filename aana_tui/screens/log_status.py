"""The line above a log: how far back it reaches, what is shown of it, and how it stands with new records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from aana_tui.tones import style_of
from aanad.client import sanitise

if TYPE_CHECKING:
    from aana_tui.screens.logs import LogsView
    from aana_tui.state.log_feed import LogFeed


def status_line(view: LogsView, width: int) -> Text:
    """What is said; what matters most comes first, because the end is cut where there is no room."""
    log = view.main()
    line = Text(no_wrap=True, overflow="ellipsis")
    feed = view.feed
    if feed is not None and feed.error is not None:
        _add(line, _lost(feed), "bad")
    if log.is_following:
        _add(line, "● following" if feed is None or feed.query.follow else "", "good")
    elif feed is not None and feed.query.follow:
        _add(line, "◌ paused", "warn")
        waits = ", the rest waits" if log.must_wait and feed.waiting else ""
        _add(line, f"+{log.new:,} new{waits} (f)" if log.new else "", "strong")
    _add(line, f"showing 1 in {view.one_in:,} (f for all)" if view.one_in > 1 else "", "warn")
    if view.complaint:
        _add(line, sanitise(view.complaint), "warn")
    elif log.search:
        _add(line, f"/{sanitise(log.search)}", "accent")
    _add_filter(line, view)
    _add(line, sanitise(view.window), "")
    _add(line, f"{log.ring.records:,} records", "dim")
    if view.save is not None:
        _add(line, view.save.words(), "busy")
    if not log.look.wrap:
        _add(line, "cut", "dim")
    if log.look.pretty:
        _add(line, "pretty", "dim")
    line.truncate(max(1, width), overflow="ellipsis")
    return line


def _add_filter(line: Text, view: LogsView) -> None:
    log = view.main()
    ring = log.ring
    if log.narrowing < 1:
        _add(line, f"filtering {log.narrowing:.0%}", "busy")
    if not ring.filter.is_open:
        _add(line, f"matches {ring.shown_records:,} of {ring.records:,}", "accent")
        for word in ring.filter.words():
            _add(line, sanitise(word), "accent")


def _lost(feed: LogFeed) -> str:
    error = feed.error
    message = sanitise(error.message) if error is not None else ""
    if feed.resumes_from is None:
        return f"✖ {message}"
    return f"✖ link lost, resuming from {feed.resumes_from:%H:%M:%S}: {message}"


def _add(line: Text, words: str, tone: str) -> None:
    if words:
        line.append("  " if line.plain else " ")
        line.append(words, style=style_of(tone))
