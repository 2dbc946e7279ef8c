"""Cancelling: what still loads is given up, and what ran before it comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aanad.core.failures import back_to_good
from aanad.errors import Refused
from aanad.wire.operations import Operation, OperationKind, OperationState

if TYPE_CHECKING:
    from aanad.core.deploy import Deploy
    from aanad.core.operations import Operations
    from aanad.core.ports import Store
    from aanad.core.reconciler import Reconciler
    from aanad.core.records import ProjectRecord


class Cancelling:
    """Ends operations on an operator's word."""

    def __init__(self, *, store: Store, operations: Operations, deploy: Deploy, reconciler: Reconciler) -> None:
        self._store = store
        self._operations = operations
        self._deploy = deploy
        self._reconciler = reconciler

    async def cancel(self, operation_id: str, *, actor: str) -> Operation:
        """Cancel an operation; the project goes back to what it was when all its replicas were ready the last time.

        Raises:
            NotFound: ``operation_not_found``.
            Refused: ``operation_finished``, or ``not_cancellable``: a stop, a removal.
        """
        operation = await self._operations.get(operation_id)
        if operation.state.is_final:
            raise Refused(
                f"The {operation.kind} of {operation.project} has {operation.state} already.",
                hint="What it did is undone by another change: aana rollback, aana stop.",
                code="operation_finished",
            )
        if not operation.cancellable:
            raise Refused(
                f"A {operation.kind} cannot be cancelled.",
                hint=f"When it is done, aana start {operation.project} runs the project again."
                if operation.kind is OperationKind.STOP
                else None,
                code="not_cancellable",
            )
        self._deploy.give_up(operation)
        if operation.version is not None:
            await self._store.change_project(operation.project, lambda record: _undone(record, operation))
        ended = await self._operations.finish(
            operation, OperationState.CANCELLED, message=f"cancelled by {actor}", actor=actor
        )
        self._reconciler.wake()
        return ended


def _undone(record: ProjectRecord | None, operation: Operation) -> ProjectRecord | None:
    if record is None or record.version != operation.version:
        return None  # somebody changed it since
    if operation.kind is OperationKind.START or record.good is None:
        return replace(record, desired="stopped", version=record.version + 1)
    return back_to_good(record, record.good, failure=None)
