"""The thread that reads one open log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.transport import SimulatedTransport
from aana_tui.state import log_feed
from aana_tui.state.log_feed import LogFeed, LogQuery
from aanad.client import Client


@contextmanager
def following(box: SimulatedBox, query: LogQuery | None = None) -> Iterator[LogFeed]:
    feed = LogFeed(
        lambda: Client("unix:///demo", transport=SimulatedTransport(box)), query or LogQuery(), min_pause_s=0.02
    )
    feed.open()
    yield feed
    feed.close()
    eventually(lambda: not feed.is_alive)


def eventually(is_true: Callable[[], object], within_s: float = 10) -> None:
    end = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.005)


def taken(feed: LogFeed, most: int = 10_000) -> list[str]:
    return [entry.text for entry in feed.take(most).entries]


@pytest.fixture
def quiet(box: SimulatedBox) -> SimulatedBox:
    """A box that has written nothing yet."""
    box.log.clear()
    return box


def test_what_is_there_comes_first_then_what_is_written(quiet: SimulatedBox) -> None:
    """In the order in which it was written."""
    for number in range(5):
        quiet.log.add(f"old {number}")
    with following(quiet, LogQuery(tail=3)) as feed:
        eventually(lambda: feed.waiting == 3)
        quiet.log.add("new")
        eventually(lambda: feed.waiting == 4)

        assert ["old 2", "old 3", "old 4", "new"] == taken(feed)
        assert feed.error is None


def test_a_silent_log_is_told_from_a_lost_link(quiet: SimulatedBox) -> None:
    """The daemon has answered, though with no record."""
    with following(quiet) as feed:
        eventually(lambda: feed.has_answered)

        assert feed.error is None
        assert not feed.is_over


def test_nothing_is_lost_or_twice_where_the_link_is_cut_again_and_again(quiet: SimulatedBox) -> None:
    """Records that were written while it was gone come when it is back."""
    found: list[str] = []
    with following(quiet) as feed:
        eventually(lambda: feed.has_answered)
        for cut in range(5):
            for number in range(50):
                quiet.log.add(f"{cut}-{number}")
                if number == 20:
                    quiet.link_down()
                if number == 40:
                    quiet.link_up()
            eventually(lambda: feed.waiting == 50)
            found += taken(feed)

    assert [f"{cut}-{number}" for cut in range(5) for number in range(50)] == found


def test_it_tries_for_ever_and_says_from_where(quiet: SimulatedBox) -> None:
    """While the view lives; a window of time does not hide what was written while the link was lost."""
    quiet.log.add("before")
    with following(quiet, LogQuery(since="10s", tail=100)) as feed:
        eventually(lambda: feed.waiting == 1)
        quiet.link_down()
        eventually(lambda: feed.error is not None)
        asked = len(quiet.requests)
        for _ in range(60):
            quiet.tick()
        quiet.log.add("meanwhile", seconds_ago=30)
        assert feed.resumes_from == quiet.now - timedelta(seconds=60)
        quiet.link_up()
        eventually(lambda: feed.waiting >= 2 and "meanwhile" in [entry.text for entry in list(feed._queue)])

        assert feed.error is None
        assert len(quiet.requests) > asked
        assert 1 == taken(feed).count("before")


def test_a_link_that_is_back_is_used_at_once(quiet: SimulatedBox) -> None:
    """Where the console knows that the daemon answers again, the feed does not wait for its own next try."""
    feed = LogFeed(lambda: Client("unix:///demo", transport=SimulatedTransport(quiet)), LogQuery(), min_pause_s=3600)
    quiet.link_down()
    feed.open()
    eventually(lambda: feed.error is not None)
    quiet.link_up()
    feed.retry()

    eventually(lambda: feed.has_answered and feed.error is None)
    feed.close()


def test_the_thread_sleeps_while_the_view_is_behind(quiet: SimulatedBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst fills no memory; all of it comes, when the view takes it."""
    monkeypatch.setattr(log_feed, "QUEUED", 10)
    for number in range(100):
        quiet.log.add(str(number))
    with following(quiet) as feed:
        eventually(lambda: feed.waiting == 10)
        found: list[str] = []
        most = 0
        while len(found) < 100:
            most = max(most, feed.waiting)
            found += taken(feed, 3)

    assert [str(number) for number in range(100)] == found
    assert most <= 10


def test_huge_records_wait_one_by_one(quiet: SimulatedBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is bounded in bytes too."""
    monkeypatch.setattr(log_feed, "QUEUED_BYTES", 100_000)
    for _ in range(20):
        quiet.log.add("x" * 60_000)
    with following(quiet) as feed:
        eventually(lambda: feed.waiting == 2)
        found = 0
        while found < 20:
            assert feed.waiting <= 2
            found += len(taken(feed))


def test_closing_ends_a_thread_that_sleeps_or_waits(quiet: SimulatedBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once: whoever leaves the view waits for nothing."""
    monkeypatch.setattr(log_feed, "QUEUED", 1)
    with following(quiet) as feed:
        eventually(lambda: feed.has_answered)
    quiet.log.add("one")
    quiet.log.add("two")
    with following(quiet) as feed:
        eventually(lambda: feed.waiting == 1)

    assert not feed.is_alive


def test_a_cut_before_the_first_cursor_begins_anew(quiet: SimulatedBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The view is told to let go what came, because it comes again."""
    monkeypatch.setattr(log_feed, "QUEUED", 5)
    for number in range(20):
        quiet.log.add(str(number))
    shown: list[str] = []
    with following(quiet) as feed:
        eventually(lambda: feed.waiting == 5)
        quiet.link_down()
        quiet.link_up()
        while len(shown) < 20:
            anew, entries = feed.take(5)
            if anew:
                shown.clear()
            shown += [entry.text for entry in entries]

    assert [str(number) for number in range(20)] == shown


def test_the_beginning_is_read_up_to_a_limit(quiet: SimulatedBox) -> None:
    """The oldest records, and no more than were asked for."""
    for number in range(20):
        quiet.log.add(str(number))
    with following(quiet, LogQuery(tail="all", follow=False, limit=7)) as feed:
        eventually(lambda: feed.is_over)

        assert [str(number) for number in range(7)] == taken(feed)


def test_what_the_daemon_refuses_is_said(quiet: SimulatedBox) -> None:
    """In the daemon's own words; it may be otherwise later, so it is tried again."""
    with following(quiet, LogQuery(projects=("nope",))) as feed:
        eventually(lambda: feed.error is not None)

        assert "There is no project nope." == feed.error.message
