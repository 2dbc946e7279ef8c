"""What an operator can ask for: each verb changes what is desired, in one transaction, and gives an operation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from aanad.errors import NotFound, Refused
from aanad.wire.operations import Operation, OperationKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.core.operations import Operations
    from aanad.core.ports import Store
    from aanad.core.reconciler import Reconciler
    from aanad.core.records import ProjectRecord


class Commands:
    """Start, stop, restart and remove. Deploying is longer and has a module of its own."""

    def __init__(self, *, store: Store, operations: Operations, reconciler: Reconciler) -> None:
        self._store = store
        self._operations = operations
        self._reconciler = reconciler
        self._lock = asyncio.Lock()

    async def start(self, project: str, *, actor: str, if_match: int | None = None) -> Operation:
        """Run the project's active revision; one that failed is tried again."""

        def change(record: ProjectRecord) -> ProjectRecord:
            if record.revision is None:
                raise Refused(
                    f"{project} has no revision that could be read.",
                    hint=f"Mend it and deploy it again; aana history {project} shows what there is.",
                    code="no_revision",
                )
            return replace(record, desired="running", failure=None)

        return await self._change(OperationKind.START, project, actor, if_match, change)

    async def stop(self, project: str, *, actor: str, if_match: int | None = None) -> Operation:
        """Stop the project; it stays stopped until somebody starts it."""
        return await self._change(
            OperationKind.STOP, project, actor, if_match, lambda record: replace(record, desired="stopped")
        )

    async def restart(self, project: str, *, actor: str, if_match: int | None = None) -> Operation:
        """Replace every replica of a project, a few at a time."""

        def change(record: ProjectRecord) -> ProjectRecord:
            if not record.should_serve:
                raise Refused(f"{project} does not run.", hint=f"Start it: aana start {project}", code="not_running")
            return replace(record, restarts=record.restarts + 1)

        return await self._change(OperationKind.RESTART, project, actor, if_match, change)

    async def remove(self, project: str, *, actor: str, force: bool = False, if_match: int | None = None) -> Operation:
        """Forget a project and its revisions; one that should run only with `force`."""

        def change(record: ProjectRecord) -> ProjectRecord:
            if record.should_serve and not force:
                raise Refused(
                    f"{project} runs.",
                    hint=f"Stop it first (aana stop {project}), or remove it all the same (aana rm --force {project}).",
                    code="project_running",
                )
            return replace(record, desired="stopped")

        return await self._change(OperationKind.REMOVE, project, actor, if_match, change)

    async def _change(
        self,
        kind: OperationKind,
        project: str,
        actor: str,
        if_match: int | None,
        change: Callable[[ProjectRecord], ProjectRecord],
    ) -> Operation:
        def checked(record: ProjectRecord | None) -> ProjectRecord:
            if record is None:
                raise no_project(project)
            if if_match is not None and if_match != record.version:
                raise Refused(
                    f"{project} was changed by somebody else in the meantime (version {record.version}).",
                    hint="Look at it again, then decide.",
                    code="version_mismatch",
                )
            return replace(change(record), version=record.version + 1)

        # One verb at a time: its change and its operation belong together.
        async with self._lock:
            record = await self._store.change_project(project, checked)
            version = record.version if record is not None else None
            operation = await self._operations.begin(kind, project, actor, version=version)
        self._reconciler.wake()
        return operation


def no_project(name: str) -> NotFound:
    """The one error for a project that is not there."""
    return NotFound(f"There is no project {name}.", hint="aana ps lists them.", code="project_not_found")
