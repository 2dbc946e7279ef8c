"""Who did what, and what happened by itself: the end of the record, and as much of what was before as one asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from textual import work

from aana_tui.actions.action import Scope, Target
from aana_tui.figures import NOTHING, clean, wall_clock
from aana_tui.places import Place
from aana_tui.screens.table_view import TableView
from aana_tui.state.event_history import KEPT, EventHistory, read_between, read_older
from aana_tui.widgets.detail import line
from aana_tui.widgets.live_table import LiveTable
from aana_tui.widgets.rows import Cell, Column, Row, RowCache

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from aana_tui.widgets.detail import Line
    from aanad.wire.events import Event

COLUMNS = [
    Column("time", "TIME", 11),
    Column("project", "PROJECT", 11, rank=1, most=20),
    Column("type", "TYPE", 17, most=22),
    Column("actor", "ACTOR", 6, rank=2, most=16),
    Column("message", "MESSAGE", 24, most=400),
]
BAD_TYPES = frozenset({"replica.died", "revision.failed", "access.denied", "events.missing"})
BAD_STATES = frozenset({"failed", "degraded"})
MOST_DATA_LINES = 200


class EventsView(TableView):
    """The newest is at the bottom, where the cursor follows it until it is moved up. A place's project narrows it."""

    SCOPES: ClassVar = (Scope.TABLES, Scope.EVENTS, Scope.PROJECTS)
    TOPICS: ClassVar = ("events",)

    def __init__(self) -> None:
        super().__init__()
        self._history = EventHistory()
        self._rows = RowCache(_row)
        self._events: dict[str, Event] = {}
        self._is_following = True
        self._is_reading = False
        self._has_failed = False
        """Whether it is not tried again to read what was before, until the operator asks for it."""
        self._seen = 0
        """The cursor up to which the operator has seen the record."""

    def make_table(self) -> LiveTable:
        """The record."""
        return LiveTable(COLUMNS, title="Events", id="events")

    def open(self, place: Place) -> None:
        """Show the end of another record, or the same one as it was left."""
        if place.project != self._history.project:
            self._history = EventHistory(place.project)
            self._is_following = True
        super().open(place)

    def set_filter(self, text: str) -> None:
        """Narrow it; where hardly anything is left, what was before is looked through too."""
        super().set_filter(text)
        self._read_older_where_short()

    def show(self) -> None:
        """Show the record as far as it is known."""
        store = self.session.store
        gap = self._history.offer(store.events())
        if gap is not None and store.link.is_live and not self._is_reading:
            self._read_gap(self._history, gap)
        self.table.empty = self._empty() if store.is_known else ""
        self._show_rows()
        self._read_older_where_short()

    def _show_rows(self) -> None:
        table, today = self.table, wall_clock().astimezone().date()
        events = self._history.events
        self._events = {str(event.cursor): event for event in events}
        if self._is_following:
            self._seen = self._history.upto
        fresh = sum(event.cursor > self._seen for event in events[-1000:])
        table.title = "Events, following" if self._is_following else f"Events, +{fresh} new" if fresh else "Events"
        # Filters and the cursor's key belong to the table; told of more rows, it leaves the cursor where it is.
        table.apply([self._rows.row(key, key, event, today) for key, event in self._events.items()])
        self._rows.sweep()
        if self._is_following:
            table.do_bottom()
        self.show_selected()

    def _empty(self) -> str:
        whose = f" of {clean(self.place.project)}" if self.place.project else ""
        return f"Reading what happened before{whose}…" if self._history.has_older else f"No event{whose} yet."

    # What was before, and between

    def _read_older_where_short(self) -> None:
        if self.is_mounted and not self._has_failed and len(self.table.rows) < self.table.size.height:
            self._read_older()

    def _read_older(self) -> None:
        store = self.session.store
        if self._is_reading or not self._history.has_older or not store.link.is_live or not self.table.size.height:
            return
        if self._history.is_full:
            return
        self._is_reading = True
        self._read_page(self._history)

    @work(exclusive=True, group="events", exit_on_error=False)
    async def _read_page(self, history: EventHistory) -> None:
        from aanad.errors import AanaError

        before = history.after or 0
        try:
            older = await self.session.ask(lambda client: read_older(client, history.project, before))
        except AanaError as error:
            self._has_failed = True
            self.notify(clean(error.message), severity="warning", markup=False)
            return
        finally:
            self._is_reading = False
        if history is self._history and history.after == before:
            history.put_before(older)
            self.show()

    @work(exclusive=True, group="events", exit_on_error=False)
    async def _read_gap(self, history: EventHistory, after: int) -> None:
        from aanad.errors import AanaError

        self._is_reading = True
        watched = self.session.store.events()
        try:
            events = await self.session.ask(lambda client: read_between(client, history.project, after))
        except AanaError:
            return  # the next change is another reason to ask
        finally:
            self._is_reading = False
        if history is self._history and history.upto == after:
            # What was watched before the question is in its answer.
            last = max([watched[-1].cursor, *(event.cursor for event in events)])
            history.fill(events, last)
            self.show()

    # The table's own moves, which say whether the end is followed

    def do_up(self) -> None:
        """A row up; from the first one to what was before."""
        self.main().do_up()
        self._moved(is_up=True)

    def do_page_up(self) -> None:
        """A page up; from the first row to what was before."""
        self.main().do_page_up()
        self._moved(is_up=True)

    def do_top(self) -> None:
        """To the oldest that is known; from there to what was before."""
        self.main().do_top()
        self._moved(is_up=True)

    def do_down(self) -> None:
        """A row down; on the last one the end is followed."""
        self.main().do_down()
        self._moved()

    def do_page_down(self) -> None:
        """A page down; on the last row the end is followed."""
        self.main().do_page_down()
        self._moved()

    def do_bottom(self) -> None:
        """To the newest, which is followed from there on."""
        self.main().do_bottom()
        self._moved()

    def do_follow(self) -> None:
        """Follow the end, or stay here."""
        if self._is_following:
            self._is_following = False
            self._show_rows()
        else:
            self.do_bottom()

    def on_live_table_highlighted(self) -> None:
        """The cursor was moved by other means: the mouse, a filter."""
        self._moved()

    def _moved(self, *, is_up: bool = False) -> None:
        table = self.table
        if self.main() is not table:
            return
        was_following, rows = self._is_following, table.rows
        self._is_following = bool(rows) and table.cursor_key == rows[-1].key
        if is_up and rows and table.cursor_key == rows[0].key:
            if self._history.is_full and self._history.has_older:
                self.notify(f"{KEPT} events are kept here; `aana events --since` reads what was before.", markup=False)
            self._is_following = self._has_failed = False
            self._read_older()
        if was_following != self._is_following:
            self._show_rows()

    # What is selected

    def detail(self) -> Iterable[Line]:
        """All of the selected event."""
        event = self._events.get(self.table.cursor_key or "")
        if event is None:
            return
        yield line(clean(event.type), "strong")
        yield line(clean(event.message), _tone(event))
        yield ()
        facts = {
            "time": f"{event.time.astimezone():%Y-%m-%d %H:%M:%S %Z}", "project": clean(event.project),
            "actor": clean(event.actor), "cursor": str(event.cursor),
        }  # fmt: skip
        for name, value in facts.items():
            yield Cell(f"{name:<9}", "dim"), Cell(value)
        if event.data:
            yield ()
            for text in json.dumps(event.data, indent=2, ensure_ascii=False).split("\n")[:MOST_DATA_LINES]:
                yield line(clean(text))

    def why(self) -> Line:
        """The whole message of what the table has cut."""
        event = self._events.get(self.table.cursor_key or "")
        return (Cell(" "), Cell(clean(event.message), _tone(event))) if event is not None else ()

    def targets(self) -> list[Target]:
        """The marked events, or the one under the cursor."""
        rows = {row.key: row for row in self.table.rows}
        return [_target(self._events[key], rows[key].line) for key in self.table.chosen_keys if key in self._events]

    def do_open(self) -> None:
        """What it is about: the replica, where it names one that is still there, else the project."""
        for target in self.targets()[:1]:
            if target.project is None:
                self.notify("This event is about no project.", markup=False)
                continue
            there = {(one.project, one.id): one for one in self.session.store.replicas()}
            replica = there.get((target.project, target.replica or ""))
            if replica is not None:
                self.console.go(Place("replicas", replica.project, replica.deployment, replica.id))
            elif any(project.name == target.project for project in self.session.store.projects()):
                self.console.go(Place("project", project=target.project))
            else:
                self.notify(f"{clean(target.project)} is not there any more.", markup=False)

    def do_events(self) -> None:
        """Only those of the selected one's project, or all again."""
        if self.place.project is not None:
            self.console.go(Place("events", filter=self.place.filter))
        elif (target := next(iter(self.targets()), None)) is not None and target.project is not None:
            self.console.go(Place("events", project=target.project, filter=self.place.filter))


def _is_bad(event: Event) -> bool:
    return event.type in BAD_TYPES or bool(BAD_STATES & {str(event.data.get("phase")), str(event.data.get("state"))})


def _tone(event: Event) -> str:
    return "bad" if _is_bad(event) else ""


def _row(key: str, event: Event, today: date) -> Row:
    at, tone = event.time.astimezone(), _tone(event)
    return Row(
        key,
        (
            Cell(f"{at:%H:%M:%S}" if at.date() == today else f"{at:%m-%d %H:%M}", "dim"),
            Cell(clean(event.project), "" if event.project else "dim"),
            Cell(f"✖ {clean(event.type)}" if tone else clean(event.type), tone),
            Cell(clean(event.actor), "dim" if event.actor == "aanad" else ""),
            Cell(clean(event.message)),
        ),
        (event.time.timestamp(), event.project, event.type, event.actor, event.message),
        is_fault=bool(tone),
    )


def _target(event: Event, row: str) -> Target:
    data = {name: value for name, value in event.data.items() if isinstance(value, str)}
    label = f"{clean(event.type)} {clean(event.project)}".removesuffix(f" {NOTHING}")
    return Target(
        "event", str(event.cursor), label, project=event.project, deployment=data.get("deployment"),
        replica=data.get("replica"), operation=data.get("operation"), revision=data.get("revision"),
        json=event.model_dump_json(indent=2), row=row,
    )  # fmt: skip
