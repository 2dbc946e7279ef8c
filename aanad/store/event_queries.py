"""How events are found and forgotten in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Select, and_, delete, func, or_, select

from aanad.store.tables import events

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from aanad.core.records import EventQuery


def matching(query: EventQuery) -> Select[tuple[object, ...]]:
    """The events that a query asks for, in no order yet."""
    found = select(events)
    if query.projects:
        found = found.where(events.c.project.in_(query.projects))
    if query.types:
        found = found.where(or_(*(_is_of(pattern) for pattern in query.types)))
    if query.actor is not None:
        found = found.where(events.c.actor == query.actor)
    if query.after is not None:
        found = found.where(events.c.time >= query.after)
    return found


def bounds(connection: Connection) -> tuple[int, int]:
    """The cursors of the first and the last event; zeros where there is none."""
    first, last = connection.execute(select(func.min(events.c.cursor), func.max(events.c.cursor))).one()
    return first or 0, last or 0


def prune(connection: Connection, *, before: datetime | None, keep: int | None, at_most: int) -> int:
    """Forget some of the first events; the last one always stays, so that cursors keep their meaning."""
    first, last = bounds(connection)
    ends = []
    if keep is not None:
        ends.append(
            connection.scalar(select(events.c.cursor).order_by(events.c.cursor.desc()).offset(keep).limit(1)) or 0
        )
    if before is not None:
        # Up to the first one that is young enough: one with a wrong time, from a clock that jumped, takes none with it.
        young = select(events.c.cursor).where(events.c.time >= before).order_by(events.c.cursor).limit(1)
        ends.append((connection.scalar(young) or last) - 1)
    end = min(max(ends, default=0), last - 1)
    if end < first:
        return 0
    some = select(events.c.cursor).where(events.c.cursor <= end).order_by(events.c.cursor).limit(at_most)
    done = connection.execute(delete(events).where(events.c.cursor.in_(some)))
    return done.rowcount


def _is_of(pattern: str) -> ColumnElement[bool]:
    """``replica.died``, or ``replica.*`` for all that begin so; exact in upper and lower case, unlike LIKE."""
    if not pattern.endswith("*"):
        return events.c.type == pattern
    prefix = pattern[:-1]
    return and_(func.substr(events.c.type, 1, len(prefix)) == prefix)
