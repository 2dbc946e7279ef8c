"""Operations: changes that can be waited for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from aanad.wire.base import WireModel
from aanad.wire.problems import Problem


class OperationKind(StrEnum):
    """What an operation does."""

    DEPLOY = "deploy"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    REMOVE = "remove"
    SCALE = "scale"
    ROLLBACK = "rollback"
    CONFIGURE = "configure"
    """A secret was set or removed, which replaces the replicas of a running project."""


class OperationState(StrEnum):
    """Where an operation, or a step of one, stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Superseded by a later operation on the same project, or cancelled by an operator."""

    @property
    def is_final(self) -> bool:
        """Whether it will not change any more."""
        return self in {OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED}


class Step(WireModel):
    """One step of an operation."""

    name: str
    state: OperationState
    message: str = ""
    done: int | None = None
    """How much of it is done, replicas that are ready say; None where nothing is counted."""
    total: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class Operation(WireModel):
    """One change of one project."""

    id: str
    kind: OperationKind
    project: str
    state: OperationState
    steps: list[Step]
    revision: str | None = None
    """The revision that it made or activated."""
    version: int | None = None
    """The project's version that this operation made; None before it changed anything."""
    problem: Problem | None = None
    """Why it failed."""
    cancellable: bool = False
    """Whether it can be cancelled now: while it loads, and what ran before can be brought back."""
    actor: str
    created_at: datetime
    finished_at: datetime | None = None
