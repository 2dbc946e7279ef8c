"""The store that the core asks for, on SQLAlchemy; all calls run one after the other on a thread of their own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import delete, insert, select, update

from aanad.core.records import MutationRequest
from aanad.store import event_queries, rows
from aanad.store.database import database_errors, open_database
from aanad.store.tables import events, operations, projects, revisions
from aanad.wire.events import Event
from aanad.wire.operations import Operation, OperationState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from aanad.core.records import EventQuery, ProjectRecord, RevisionRecord, Timing

T = TypeVar("T")
UNFINISHED = [state.value for state in OperationState if not state.is_final]


class SqlStore:
    """SQLite or PostgreSQL, by URL."""

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        # One thread: SQLite has one writer anyway, and transactions never wait for each other.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._revisions: dict[tuple[str, str], RevisionRecord] = {}

    @property
    def url(self) -> str:
        """The database's URL without its password."""
        return self._engine.url.render_as_string(hide_password=True)

    async def close(self) -> None:
        """Finish what was begun and disconnect."""
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()

    async def projects(self) -> list[ProjectRecord]:
        """All projects, by name."""
        return await self._run(
            lambda c: [rows.project_record(r) for r in c.execute(select(projects).order_by(projects.c.name)).mappings()]
        )

    async def project(self, name: str) -> ProjectRecord | None:
        """One project."""
        return await self._run(lambda c: _project(c, name))

    async def change_project(
        self,
        name: str,
        change: Callable[[ProjectRecord | None], ProjectRecord | None],
        *,
        begins: Callable[[ProjectRecord], Operation] | None = None,
        request: MutationRequest | None = None,
    ) -> ProjectRecord | None:
        """Read, change and write a project, with the operation that begins, in one transaction."""

        def transaction(connection: Connection) -> ProjectRecord | None:
            before = _project(connection, name, lock=True)
            after = change(before)
            if after is None or after == before:
                return after
            row = rows.project_row(after)
            if before is None:
                connection.execute(insert(projects).values(row))
            else:
                connection.execute(update(projects).where(projects.c.name == name).values(row))
            if begins is not None:
                _write_operation(connection, begins(after), request)
            return after

        return await self._run(transaction)

    async def save_checkpoint(self, name: str, phase: str, reason: str, since: datetime) -> None:
        """Note a phase."""
        values = {"phase": str(phase), "reason": str(reason), "since": since}
        await self._run(lambda c: c.execute(update(projects).where(projects.c.name == name).values(values)))

    async def save_timings(self, name: str, timings: dict[str, Timing]) -> None:
        """Note what starts and ends took."""
        values = {"timings": rows.timings(timings)}
        await self._run(lambda c: c.execute(update(projects).where(projects.c.name == name).values(values)))

    async def delete_project(self, name: str) -> None:
        """Remove a project with its revisions."""

        def transaction(connection: Connection) -> None:
            connection.execute(delete(revisions).where(revisions.c.project == name))
            connection.execute(delete(projects).where(projects.c.name == name))

        await self._run(transaction)
        self._revisions = {key: value for key, value in self._revisions.items() if key[0] != name}

    async def save_revision(self, record: RevisionRecord) -> None:
        """Insert a revision; one that is there already stays as it is."""

        def transaction(connection: Connection) -> None:
            key = _revision_is(record.project, record.id)
            if connection.execute(select(revisions.c.id).where(key)).first() is None:
                connection.execute(insert(revisions).values(rows.revision_row(record)))

        await self._run(transaction)

    async def mark_revision(
        self, project: str, revision: str, *, activated_at: datetime | None = None, ready_at: datetime | None = None
    ) -> None:
        """Note when a revision was activated, or was ready for the first time."""
        where = _revision_is(project, revision)

        def transaction(connection: Connection) -> None:
            if activated_at is not None:
                connection.execute(update(revisions).where(where).values(activated_at=activated_at))
            if ready_at is not None:
                never = revisions.c.ready_at.is_(None)
                connection.execute(update(revisions).where(where & never).values(ready_at=ready_at))

        await self._run(transaction)
        self._revisions.pop((project, revision), None)

    async def delete_revision(self, project: str, revision: str) -> None:
        """Forget a revision."""
        await self._run(lambda c: c.execute(delete(revisions).where(_revision_is(project, revision))))
        self._revisions.pop((project, revision), None)

    async def revision(self, project: str, revision: str) -> RevisionRecord | None:
        """One revision; only its marks ever change, so each is read once until then."""
        key = (project, revision)
        if key not in self._revisions:

            def read(connection: Connection) -> RevisionRecord | None:
                where = _revision_is(project, revision)
                row = connection.execute(select(revisions).where(where)).mappings().first()
                return rows.revision_record(row) if row is not None else None

            found = await self._run(read)
            if found is None:
                return None
            self._revisions[key] = found
        return self._revisions[key]

    async def revisions(self, project: str | None = None) -> list[RevisionRecord]:
        """Revisions, the newest first."""
        query = select(revisions).order_by(revisions.c.created_at.desc(), revisions.c.id)
        if project is not None:
            query = query.where(revisions.c.project == project)
        return await self._run(lambda c: [rows.revision_record(row) for row in c.execute(query).mappings()])

    async def save_operation(self, operation: Operation, request: MutationRequest | None = None) -> None:
        """Insert or replace an operation."""
        await self._run(lambda c: _write_operation(c, operation, request))

    async def requested(self, actor: str, key: str) -> tuple[Operation, MutationRequest] | None:
        """The newest operation that an actor asked for under this key."""
        query = (
            select(operations.c.document, operations.c.fingerprint)
            .where((operations.c.idempotency_key == key) & (operations.c.actor == actor))
            .order_by(operations.c.created_at.desc())
            .limit(1)
        )
        row = await self._run(lambda c: c.execute(query).first())
        return None if row is None else (Operation.model_validate(row[0]), MutationRequest(key, row[1]))

    async def operation(self, operation_id: str) -> Operation | None:
        """One operation."""
        query = select(operations.c.document).where(operations.c.id == operation_id)
        document = await self._run(lambda c: c.execute(query).scalar())
        return Operation.model_validate(document) if document is not None else None

    async def operations(
        self, *, project: str | None = None, unfinished: bool = False, limit: int = 100
    ) -> list[Operation]:
        """Operations, the newest first."""
        query = select(operations.c.document).order_by(operations.c.created_at.desc(), operations.c.id).limit(limit)
        if project is not None:
            query = query.where(operations.c.project == project)
        if unfinished:
            query = query.where(operations.c.state.in_(UNFINISHED))
        return await self._run(lambda c: [Operation.model_validate(d) for d in c.execute(query).scalars()])

    async def append_event(
        self,
        *,
        time: datetime,
        type_: str,
        actor: str,
        message: str,
        project: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> Event:
        """Add one event at the end of the record."""
        row = {
            "time": time, "type": type_, "actor": actor, "message": message, "project": project, "data": data or {},
        }  # fmt: skip
        result = await self._run(lambda c: c.execute(insert(events).values(row)).inserted_primary_key)
        return Event.model_validate({"cursor": result[0] if result else 0, **row})

    async def events(self, query: EventQuery, *, since: int | None = None, limit: int = 100) -> list[Event]:
        """Events after a cursor, the oldest first; without one the last `limit`."""
        found = event_queries.matching(query).limit(limit)
        if since is not None:
            found = found.where(events.c.cursor > since).order_by(events.c.cursor)
            return await self._run(lambda c: [rows.event(row) for row in c.execute(found).mappings()])
        found = found.order_by(events.c.cursor.desc())
        newest = await self._run(lambda c: [rows.event(row) for row in c.execute(found).mappings()])
        return newest[::-1]

    async def event_bounds(self) -> tuple[int, int]:
        """The cursors of the first and the last event."""
        return await self._run(event_queries.bounds)

    async def prune_events(self, *, before: datetime | None, keep: int | None, at_most: int) -> int:
        """Forget some of the first events."""
        return await self._run(lambda c: event_queries.prune(c, before=before, keep=keep, at_most=at_most))

    async def _run(self, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with database_errors(self._engine), self._engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)


def _write_operation(connection: Connection, operation: Operation, request: MutationRequest | None) -> None:
    row = {
        "id": operation.id,
        "project": operation.project,
        "state": operation.state.value,
        "created_at": operation.created_at,
        "actor": operation.actor,
        "document": operation.model_dump(mode="json"),
    }
    if request is not None:
        row |= {"idempotency_key": request.key, "fingerprint": request.fingerprint}
    changed = connection.execute(update(operations).where(operations.c.id == operation.id).values(row))
    if not changed.rowcount:
        connection.execute(insert(operations).values(row))


def _revision_is(project: str, revision: str) -> ColumnElement[bool]:
    return (revisions.c.project == project) & (revisions.c.id == revision)


def _project(connection: Connection, name: str, *, lock: bool = False) -> ProjectRecord | None:
    query = select(projects).where(projects.c.name == name)
    if lock:
        query = query.with_for_update()  # SQLite leaves it out
    row = connection.execute(query).mappings().first()
    return rows.project_record(row) if row is not None else None
