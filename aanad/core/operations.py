"""Operations: one change of one project, with steps, that anybody may wait for."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aanad.errors import InvalidInput, NotFound, StoreUnavailable
from aanad.wire.operations import Operation, OperationKind, OperationState, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aanad.core.events import Events
    from aanad.core.ports import Clock, Store
    from aanad.core.records import MutationRequest
    from aanad.wire.problems import Problem

STEPS = {
    OperationKind.DEPLOY: ("load", "build", "replicas"),
    OperationKind.START: ("build", "replicas"),
    OperationKind.RESTART: ("build", "replicas"),
    OperationKind.ROLLBACK: ("build", "replicas"),
    OperationKind.CONFIGURE: ("build", "replicas"),
    OperationKind.SCALE: ("replicas",),
    OperationKind.STOP: ("drain",),
    OperationKind.REMOVE: ("drain", "remove"),
}
CANCELLABLE = {
    OperationKind.DEPLOY,
    OperationKind.START,
    OperationKind.RESTART,
    OperationKind.ROLLBACK,
    OperationKind.SCALE,
}
RECENT = timedelta(minutes=10)
"""How long a finished operation is still shown to those who watch."""
MAX_RECENT = 100
KEY_LIFETIME = timedelta(hours=24)
"""How long a repeated request is known by its key."""


class Operations:
    """Creates operations, moves them forward and wakes those who wait. The store holds every one of them."""

    def __init__(self, store: Store, clock: Clock, events: Events) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._active: dict[str, Operation] = {}
        self._finished: deque[Operation] = deque(maxlen=MAX_RECENT)
        self._changed = asyncio.Condition()
        self.when_changed: Callable[[], None] = lambda: None
        """Called after each change of an operation; the composition root sets it."""

    async def restore(self) -> None:
        """Take up the operations that an earlier daemon left unfinished."""
        for operation in await self._store.operations(unfinished=True, limit=1000):
            self._active[operation.id] = operation
        latest = await self._store.operations(limit=MAX_RECENT)
        self._finished.extend(operation for operation in reversed(latest) if operation.state.is_final)

    def recent(self) -> list[Operation]:
        """Unfinished operations, and the last ones that finished within ten minutes."""
        now = self._clock.now()
        finished = [each for each in self._finished if each.finished_at and now - each.finished_at < RECENT]
        return [*finished, *self._active.values()]

    def active(self, project: str | None = None) -> list[Operation]:
        """Unfinished operations, the oldest first."""
        return [o for o in self._active.values() if project is None or o.project == project]

    def draft(
        self,
        kind: OperationKind,
        project: str,
        actor: str,
        *,
        steps: tuple[str, ...] | None = None,
        version: int | None = None,
        revision: str | None = None,
    ) -> Operation:
        """An operation that has not begun.

        Args:
            kind: what it does.
            project: to which project.
            actor: who asked for it.
            steps: where not those of its kind.
            version: the project's version that the verb made, where it has made one already.
            revision: the revision that it activates, where that is known already.
        """
        names = STEPS[kind] if steps is None else steps
        return Operation(
            id=f"op_{secrets.token_hex(6)}",
            kind=kind,
            project=project,
            state=OperationState.RUNNING,
            steps=[Step(name=name, state=OperationState.PENDING) for name in names],
            revision=revision,
            version=version,
            cancellable=kind in CANCELLABLE,
            actor=actor,
            created_at=self._clock.now(),
        )

    async def begin(self, operation: Operation, request: MutationRequest | None = None) -> Operation:
        """Write a drafted operation down and begin it; `request`, sent again, finds it."""
        await self._save(operation, request)
        return await self.begun(operation)

    async def begun(self, operation: Operation, asked: dict[str, Any] | None = None) -> Operation:
        """A drafted operation is on disk: unfinished ones of the same project give way to it.

        `asked` says in the record what was asked for, beyond the operation itself.
        """
        self._keep(operation.id, operation)
        for earlier in self.active(operation.project):
            if earlier.id != operation.id:
                await self.finish(earlier, OperationState.CANCELLED, message=f"superseded by {operation.kind}")
        await self._events.record(
            "operation.started",
            f"{operation.kind} of {operation.project} began.",
            project=operation.project,
            actor=operation.actor,
            operation=operation.id,
            **_known(revision=operation.revision),
            **(asked or {}),
        )
        return operation

    async def replayed(self, actor: str, request: MutationRequest | None) -> Operation | None:
        """The operation that the same request began before, if it did.

        Raises:
            InvalidInput: ``idempotency_key_reused``: the key belongs to another request.
        """
        found = await self._store.requested(actor, request.key) if request is not None else None
        if request is None or found is None:
            return None
        operation, earlier = found
        if self._clock.now() - operation.created_at > KEY_LIFETIME:
            return None
        if earlier.fingerprint != request.fingerprint:
            raise InvalidInput(
                "This Idempotency-Key was used for another request.",
                hint="Take a new key for each change, and the same one only to send the very same request again.",
                code="idempotency_key_reused",
            )
        return self._active.get(operation.id, operation)

    async def get(self, operation_id: str) -> Operation:
        """One operation, finished or not."""
        found = self._active.get(operation_id) or await self._store.operation(operation_id)
        if found is None:
            raise NotFound(f"There is no operation {operation_id}.", code="operation_not_found")
        return found

    async def list(self, *, project: str | None = None, limit: int = 100) -> list[Operation]:
        """Operations, the newest first."""
        return await self._store.operations(project=project, limit=limit)

    async def advance(
        self,
        operation: Operation,
        step: str,
        message: str = "",
        *,
        done: int | None = None,
        total: int | None = None,
    ) -> Operation:
        """Say that a step is being worked on: the ones before it are done."""
        current = self._active.get(operation.id)
        if current is None:
            return operation
        names = [s.name for s in current.steps]
        position = names.index(step)
        now = self._clock.now()
        steps = []
        for index, each in enumerate(current.steps):
            changed = each
            if index < position and not each.state.is_final:
                changed = _ended(each, OperationState.SUCCEEDED, now)
            elif index == position:
                changed = each.model_copy(
                    update={
                        "state": OperationState.RUNNING,
                        "message": message,
                        "done": done,
                        "total": total,
                        "started_at": each.started_at or now,
                    }
                )
            steps.append(changed)
        if steps == current.steps:
            return current
        return await self._save(current.model_copy(update={"steps": steps}))

    async def activated(self, operation: Operation, revision: str, version: int) -> Operation:
        """Note which revision a deploy made, and which version of its project."""
        current = self._active.get(operation.id)
        if current is None:
            return operation
        return await self._save(current.model_copy(update={"revision": revision, "version": version}))

    def is_active(self, operation: Operation) -> bool:
        """Whether nothing has ended it yet."""
        return operation.id in self._active

    async def finish(
        self,
        operation: Operation,
        state: OperationState,
        *,
        problem: Problem | None = None,
        message: str = "",
        actor: str | None = None,
    ) -> Operation:
        """End an operation; ending it twice changes nothing. `actor` ended it, where not the one who began it."""
        current = self._active.get(operation.id)
        if current is None:
            return operation
        now = self._clock.now()
        steps = []
        for step in current.steps:
            if step.state.is_final:
                steps.append(step)
                continue
            reached = state is OperationState.SUCCEEDED or step.state is OperationState.RUNNING
            ended = state if reached else OperationState.CANCELLED
            steps.append(_ended(step, ended, now, message if reached else ""))
        update = {"state": state, "steps": steps, "problem": problem, "finished_at": now}
        finished = await self._save(current.model_copy(update=update))
        said = problem.message if problem else message
        await self._events.record(
            "operation.finished",
            f"{finished.kind} of {finished.project} {finished.state}{': ' + said if said else ''}",
            project=finished.project,
            actor=actor or finished.actor,
            operation=finished.id,
            state=finished.state,
            **_known(revision=finished.revision),
        )
        return finished

    async def wait(self, operation_id: str, timeout_s: float, *, seen: Operation | None = None) -> Operation:
        """Wait until it is final, or until it differs from `seen`, or until the time is over; give what it is then."""
        deadline = self._clock.monotonic() + timeout_s
        while True:
            async with self._changed:
                current = await self.get(operation_id)
                left = deadline - self._clock.monotonic()
                if current.state.is_final or (seen is not None and current != seen) or left <= 0:
                    return current
                try:
                    await asyncio.wait_for(self._changed.wait(), left)
                except TimeoutError:
                    return await self.get(operation_id)

    async def _save(self, operation: Operation, request: MutationRequest | None = None) -> Operation:
        can_be_cancelled = operation.kind in CANCELLABLE and not operation.state.is_final
        operation = operation.model_copy(update={"cancellable": can_be_cancelled})
        before = self._active.get(operation.id)
        self._keep(operation.id, None if operation.state.is_final else operation)
        try:
            await self._store.save_operation(operation, request)
        except StoreUnavailable:
            # What is not on disk has not happened: who began it is told so, and who ends it tries again.
            self._keep(operation.id, before)
            raise
        if operation.state.is_final:
            self._finished.append(operation)
        async with self._changed:
            self._changed.notify_all()
        self.when_changed()
        return operation

    def _keep(self, operation_id: str, operation: Operation | None) -> None:
        if operation is None:
            self._active.pop(operation_id, None)
        else:
            self._active[operation_id] = operation


def _known(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _ended(step: Step, state: OperationState, now: datetime, message: str = "") -> Step:
    """A step after it; what it was doing is of no interest any more."""
    started_at = step.started_at or (now if state is OperationState.SUCCEEDED else None)
    update: dict[str, object] = {
        "state": state,
        "message": message,
        "started_at": started_at,
        "finished_at": now,
    }
    if state is OperationState.SUCCEEDED:
        update["done"] = step.total
    return step.model_copy(update=update)
