"""The view of events, and the record as far as it is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.transport import SimulatedTransport
from aana_tui.places import Place
from aana_tui.screens.events import EventsView
from aana_tui.state.event_history import KEPT, EventHistory, read_between, read_older
from aanad.client import Client
from aanad.wire.events import Event
from tests.tui.consoles import eventually, running, screen_text


def an_event(cursor: int, project: str | None = "asr") -> Event:
    return Event(
        cursor=cursor, time=datetime.now(UTC), type="project.phase", project=project, actor="aanad", message=""
    )


def cursors(history: EventHistory) -> list[int]:
    return [event.cursor for event in history.events]


@pytest.fixture
def client(box: SimulatedBox) -> Client:
    return Client("unix:///demo", transport=SimulatedTransport(box))


def watched(box: SimulatedBox) -> list[Event]:
    return list(box.event_log)[-100:]


def test_what_is_watched_again_and_again_is_kept_once() -> None:
    """The watch tells the last hundred each time; the record has each of them once, and those before too."""
    history = EventHistory()
    for last in (100, 130, 130, 229):
        assert history.offer([an_event(cursor) for cursor in range(last - 99, last + 1)]) is None

    assert cursors(history) == list(range(1, 230))
    assert not history.has_older


def test_after_a_long_cut_what_was_missed_is_asked_for(box: SimulatedBox, client: Client) -> None:
    """More happened than is watched: nothing is lost, nothing stands twice."""
    history = EventHistory()
    history.offer(watched(box))
    first = history.events[0].cursor
    for _ in range(1_234):
        box.record("project.phase", "something", project="asr")
    gap = history.offer(watched(box))
    assert gap is not None

    history.fill(read_between(client, None, gap), box.event_log[-1].cursor)
    assert history.offer(watched(box)) is None
    assert cursors(history) == list(range(first, box.event_log[-1].cursor + 1))


@pytest.mark.parametrize("project", [None, "asr", "captions"])
def test_what_was_before_is_read_page_by_page_to_the_beginning(
    box: SimulatedBox, client: Client, project: str | None
) -> None:
    """Of all projects or of one: each page joins the one after it."""
    history = EventHistory(project)
    history.offer(watched(box))
    while history.has_older:
        history.put_before(read_older(client, project, history.after or 0, page=37))

    assert cursors(history) == [event.cursor for event in box.event_log if project in {None, event.project}]


def test_where_the_record_begins_later_there_is_nothing_older(box: SimulatedBox, client: Client) -> None:
    """The daemon keeps only so much: its first event is the oldest one here too."""
    for _ in range(300):
        box.event_log.popleft()
    history = EventHistory()
    history.offer(watched(box))
    history.put_before(read_older(client, None, history.after or 0))

    assert cursors(history) == [event.cursor for event in box.event_log]
    assert not history.has_older


def test_it_is_bounded_and_another_record_begins_it_anew() -> None:
    """A night of events leaves memory flat; a daemon with a new database is not mixed with the old one."""
    history = EventHistory()
    for last in range(100, KEPT + 1_000, 50):
        history.offer([an_event(cursor) for cursor in range(last - 99, last + 1)])
    assert len(history.events) == KEPT
    assert history.has_older

    history.offer([an_event(1), an_event(2)])
    assert cursors(history) == [1, 2]


async def test_the_newest_is_followed_until_one_goes_up(box: SimulatedBox) -> None:
    """The end stays in sight; a cursor that was moved up stays where it is, and the new ones are counted."""
    async with running(box, size=(120, 24)) as pilot:
        await pilot.press("6")
        await eventually(pilot, lambda: "following" in screen_text(pilot))
        box.record("secret.set", "first sign", project="asr", actor="alice")
        await eventually(pilot, lambda: "first sign" in screen_text(pilot))
        await pilot.press("k", "k")
        selected = pilot.app.screen.query_one(EventsView).table.cursor_key
        for _ in range(30):
            box.record("secret.set", "second sign", project="asr", actor="alice")
        await eventually(pilot, lambda: "+30 new" in screen_text(pilot))
        assert pilot.app.screen.query_one(EventsView).table.cursor_key == selected

        await pilot.press("G")
        await eventually(pilot, lambda: "following" in screen_text(pilot) and "second sign" in screen_text(pilot))


async def test_nothing_is_lost_or_twice_over_a_reconnect(box: SimulatedBox) -> None:
    """The link is cut while more happens than the daemon's watch holds."""
    async with running(box, size=(120, 24)) as pilot:
        await pilot.press("6")
        await eventually(pilot, lambda: "following" in screen_text(pilot))
        view = pilot.app.screen.query_one(EventsView)
        first = int(view.table.rows[0].key)
        box.link_down()
        for number in range(300):
            box.record("project.phase", f"number {number}", project="asr")
        box.link_up()
        box.record("project.phase", "and on", project="asr")
        await eventually(pilot, lambda: "and on" in screen_text(pilot), within_s=30)

        keys = [int(row.key) for row in view.table.rows]
        assert keys == list(range(first, box.event_log[-1].cursor + 1))


async def test_from_the_first_row_one_goes_on_to_what_was_before(box: SimulatedBox) -> None:
    """The whole record can be read, to its first event."""
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("6")
        await eventually(pilot, lambda: "following" in screen_text(pilot))
        table = pilot.app.screen.query_one(EventsView).table
        await pilot.press("g")
        await eventually(pilot, lambda: len(table.rows) == len(box.event_log))

        assert table.rows[0].key == "1"


async def test_filters_by_project_actor_and_type(box: SimulatedBox) -> None:
    """Terms of the table's filter; what is not among the last events is looked for further back."""
    box.record("replica.died", "it died", project="asr", actor="aanad")
    async with running(box, size=(120, 24)) as pilot:
        assert isinstance(pilot.app, Console)
        await pilot.press("6")
        await eventually(pilot, lambda: "following" in screen_text(pilot))
        pilot.app.go(Place("events", filter="project=asr type=replica.*"))
        await eventually(pilot, lambda: "filter /project=asr" in screen_text(pilot))
        assert "it died" in screen_text(pilot)
        view = pilot.app.screen.query_one(EventsView)
        assert {row.cells[1].text for row in view.table.rows} == {"asr"}

        pilot.app.go(Place("events", project="captions"))
        expected = [str(event.cursor) for event in box.event_log if event.project == "captions"]
        await eventually(pilot, lambda: [row.key for row in view.table.rows][-3:] == expected[-3:])


async def test_an_event_is_shown_whole_and_leads_to_its_project(box: SimulatedBox) -> None:
    """Its data as JSON beside the table, harmless whatever it holds; enter goes to what it is about."""
    hostile = "\x1b[2J[/x]\u202eevil"
    box.record("secret.set", f"one {hostile}", project="asr", actor=hostile, what=hostile, nested={"depth": [1, 2]})
    async with running(box, size=(140, 30)) as pilot:
        assert isinstance(pilot.app, Console)
        await pilot.press("6")
        await eventually(pilot, lambda: '"depth": [' in screen_text(pilot))
        text = screen_text(pilot)
        assert "[/x]evil" in text
        assert not set(text) & {"\x1b", "\u202e"}

        await pilot.press("enter")
        await eventually(pilot, lambda: pilot.app.trail.here == Place("project", project="asr"))  # type: ignore[attr-defined]
