"""Calls about operations: what was asked for, and waiting until it is done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aanad.client.calls import Calls, operation_path
from aanad.client.connection import parsed
from aanad.client.problems import error_of
from aanad.errors import AanaError, Failed, TimedOut
from aanad.wire.operations import Operation, OperationState

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_S = 0.5
"""How long one request waits for an operation: often enough to show its steps."""


class Operations(Calls):
    """Operations."""

    def operations(self, project: str | None = None, *, limit: int | None = None) -> list[Operation]:
        """What was asked for, newest first."""
        return self._read(list[Operation], "/v1/operations", {"project": project, "limit": limit})

    def operation(self, operation_id: str, *, wait_s: float = 0.0) -> Operation:
        """One operation; with `wait_s` as soon as it is final, or after that time as it is then."""
        path = operation_path(operation_id)
        response = self._connection.request("GET", path, parameters={"wait": wait_s or None}, wait_s=wait_s)
        return parsed(Operation, response.content)

    def wait(
        self,
        operation: Operation,
        *,
        timeout_s: float | None = None,
        check: bool = True,
        on_change: Callable[[Operation], None] = lambda _: None,
    ) -> Operation:
        """Wait until an operation is final.

        Args:
            operation: as a verb gave it.
            timeout_s: how long at most; without limit where not given.
            check: raise the operation's own error where it did not succeed.
            on_change: called with the operation now and after each look at it.

        Raises:
            TimedOut: it goes on; only the waiting is over.
            Failed: with `check`, it failed or was cancelled (or the class that its problem's code stands for).
        """
        deadline = time.monotonic() + timeout_s if timeout_s is not None else None
        on_change(operation)
        while not operation.state.is_final:
            wait_s = POLL_S if deadline is None else min(POLL_S, deadline - time.monotonic())
            if wait_s <= 0:
                raise TimedOut(
                    f"The {operation.kind} of {operation.project} has not finished within {timeout_s:g} s.",
                    hint="It goes on: `aana ps` shows where it stands, `aana events -f` follows it.",
                    operation=operation,
                )
            operation = self.operation(operation.id, wait_s=wait_s)
            on_change(operation)
        if check and operation.state is not OperationState.SUCCEEDED:
            raise outcome_error(operation)
        return operation


def outcome_error(operation: Operation) -> AanaError:
    """Why an operation did not succeed."""
    if operation.problem is not None:
        return error_of(operation.problem)
    what = f"The {operation.kind} of {operation.project}"
    if operation.state is OperationState.CANCELLED:
        return Failed(
            f"{what} was cancelled.",
            hint="A later change of the same project took its place, or somebody cancelled it: `aana events` says who.",
            code="operation_cancelled",
        )
    return Failed(f"{what} failed.", hint=f"`aana logs {operation.project}` may say why.", code="operation_failed")
