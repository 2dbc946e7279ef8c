"""The store in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aanad.wire.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aanad.core.records import EventQuery, MutationRequest, ProjectRecord, RevisionRecord, Timing
    from aanad.wire.operations import Operation


class MemoryStore:
    """Dictionaries; every call is one transaction because nothing is awaited in between."""

    def __init__(self) -> None:
        self._projects: dict[str, ProjectRecord] = {}
        self._revisions: dict[tuple[str, str], RevisionRecord] = {}
        self._operations: dict[str, Operation] = {}
        self._requests: dict[tuple[str, str], tuple[str, MutationRequest]] = {}
        self._events: list[Event] = []

    async def projects(self) -> list[ProjectRecord]:
        return [self._projects[name] for name in sorted(self._projects)]

    async def project(self, name: str) -> ProjectRecord | None:
        return self._projects.get(name)

    async def change_project(
        self,
        name: str,
        change: Callable[[ProjectRecord | None], ProjectRecord | None],
        *,
        begins: Callable[[ProjectRecord], Operation] | None = None,
        request: MutationRequest | None = None,
    ) -> ProjectRecord | None:
        after = change(self._projects.get(name))
        if after is not None:
            operation = begins(after) if begins is not None else None
            self._projects[name] = after
            if operation is not None:
                self._keep_operation(operation, request)
        return after

    async def save_checkpoint(self, name: str, phase: str, reason: str, since: datetime) -> None:
        if name in self._projects:
            self._projects[name] = replace(self._projects[name], phase=str(phase), reason=str(reason), since=since)

    async def save_timings(self, name: str, timings: dict[str, Timing]) -> None:
        if name in self._projects:
            self._projects[name] = replace(self._projects[name], timings=timings)

    async def delete_project(self, name: str) -> None:
        self._projects.pop(name, None)
        self._revisions = {key: value for key, value in self._revisions.items() if key[0] != name}

    async def save_revision(self, record: RevisionRecord) -> None:
        self._revisions.setdefault((record.project, record.id), record)

    async def mark_revision(
        self, project: str, revision: str, *, activated_at: datetime | None = None, ready_at: datetime | None = None
    ) -> None:
        record = self._revisions.get((project, revision))
        if record is not None:
            marked = replace(
                record, activated_at=activated_at or record.activated_at, ready_at=record.ready_at or ready_at
            )
            self._revisions[project, revision] = marked

    async def delete_revision(self, project: str, revision: str) -> None:
        self._revisions.pop((project, revision), None)

    async def revision(self, project: str, revision: str) -> RevisionRecord | None:
        return self._revisions.get((project, revision))

    async def revisions(self, project: str | None = None) -> list[RevisionRecord]:
        found = [r for r in self._revisions.values() if project in {None, r.project}]
        return sorted(sorted(found, key=lambda r: r.id), key=lambda r: r.created_at, reverse=True)

    async def save_operation(self, operation: Operation, request: MutationRequest | None = None) -> None:
        self._keep_operation(operation, request)

    def _keep_operation(self, operation: Operation, request: MutationRequest | None) -> None:
        self._operations[operation.id] = operation
        if request is not None:
            self._requests[operation.actor, request.key] = (operation.id, request)

    async def requested(self, actor: str, key: str) -> tuple[Operation, MutationRequest] | None:
        if (actor, key) not in self._requests:
            return None
        operation_id, request = self._requests[actor, key]
        return self._operations[operation_id], request

    async def operation(self, operation_id: str) -> Operation | None:
        return self._operations.get(operation_id)

    async def operations(
        self, *, project: str | None = None, unfinished: bool = False, limit: int = 100
    ) -> list[Operation]:
        found = [
            o
            for o in self._operations.values()
            if project in {None, o.project} and not (unfinished and o.state.is_final)
        ]
        return sorted(sorted(found, key=lambda o: o.id), key=lambda o: o.created_at, reverse=True)[:limit]

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
        event = Event(
            cursor=self._events[-1].cursor + 1 if self._events else 1,
            time=time,
            type=type_,
            project=project,
            actor=actor,
            message=message,
            data=data or {},
        )
        self._events.append(event)
        return event

    async def events(self, query: EventQuery, *, since: int | None = None, limit: int = 100) -> list[Event]:
        found = [e for e in self._events if (since is None or e.cursor > since) and query.matches(e)]
        return found[-limit:] if since is None else found[:limit]

    async def event_bounds(self) -> tuple[int, int]:
        return (self._events[0].cursor, self._events[-1].cursor) if self._events else (0, 0)

    async def prune_events(self, *, before: datetime | None, keep: int | None, at_most: int) -> int:
        old = 0
        if before is not None:
            young = [number for number, event in enumerate(self._events) if event.time >= before]
            old = young[0] if young else len(self._events)
        too_many = len(self._events) - keep if keep is not None else 0
        count = max(0, min(max(old, too_many), len(self._events) - 1, at_most))
        del self._events[:count]
        return count
