"""Deploying: keep the archive, have it read in a process of its own, make a revision of it, activate it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from aanad.core.commands import require_version
from aanad.core.failures import EVIDENCE_LINES, problem_of
from aanad.core.reading import revision_id
from aanad.core.records import Failure, MutationRequest, ProjectRecord
from aanad.core.sizes import kept_scale, wanted_deployments
from aanad.errors import AanaError, StoreUnavailable
from aanad.wire.operations import Operation, OperationKind, OperationState
from aanad.wire.phase import Phase, Reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from aanad.core.operations import Operations
    from aanad.core.ports import Clock, Store, StoredArchive
    from aanad.core.reading import Reading
    from aanad.core.reconciler import Reconciler
    from aanad.core.records import RevisionRecord
    from aanad.core.rooms import Rooms

logger = logging.getLogger("aanad.deploy")
T = TypeVar("T")
STORE_PAUSE_S = 1.0
"""Between two tries at a database that fails."""


class Deploy:
    """Turns uploaded archives into revisions; loading goes on after the request was answered."""

    def __init__(
        self,
        *,
        store: Store,
        reading: Reading,
        rooms: Rooms,
        operations: Operations,
        reconciler: Reconciler,
        clock: Clock,
    ) -> None:
        self._store = store
        self._reading = reading
        self._rooms = rooms
        self._operations = operations
        self._reconciler = reconciler
        self._clock = clock
        self._loading: dict[str, asyncio.Task[None]] = {}

    async def upload(
        self,
        project: str,
        chunks: AsyncIterator[bytes],
        *,
        actor: str,
        activate: bool = True,
        app: str | None = None,
        git_commit: str | None = None,
        if_match: int | None = None,
        request: MutationRequest | None = None,
    ) -> Operation:
        """Keep an archive and begin to deploy it.

        Args:
            project: the project's name; the archive must hold a folder of this name.
            chunks: the archive.
            actor: who asked for it.
            activate: whether the revision is run; otherwise it is only read and kept.
            app: `module:attribute` of the app inside the folder, where `project.toml` does not say it.
            git_commit: the commit that the files were taken from.
            if_match: the version of the project that the caller saw.
            request: what makes the same upload, sent again, the same deploy.
        """
        require_version(await self._store.project(project), project, if_match, may_be_new=True)
        stored = await self._reading.save(project, chunks)
        if request is not None:
            request = request.about(stored.digest)
            if (earlier := await self._operations.replayed(actor, request)) is not None:
                await self._reading.release(stored)
                return earlier
        steps = ("load", "build", "replicas") if activate else ("load",)
        draft = self._operations.draft(
            OperationKind.DEPLOY,
            project,
            actor,
            steps=("environment", *steps) if stored.requirements is not None else steps,
        )
        operation = await self._operations.begin(draft, request)
        task = asyncio.create_task(
            self._run(operation, stored, activate=activate, app=app, git_commit=git_commit, if_match=if_match)
        )
        self._loading[operation.id] = task
        task.add_done_callback(lambda _: self._loading.pop(operation.id, None))
        await asyncio.sleep(0)  # begun, so that giving it up cleans up behind it
        return operation

    def give_up(self, operation: Operation) -> None:
        """Read no further; the operation is ended by the caller."""
        if (task := self._loading.get(operation.id)) is not None:
            task.cancel()

    async def stop(self) -> None:
        """Give up what is still being read; the next daemon says so of its operations."""
        loading = list(self._loading.values())
        for task in loading:
            task.cancel()
        await asyncio.gather(*loading, return_exceptions=True)

    async def abandon_unread(self) -> None:
        """End the deploys that an earlier daemon was still reading when it ended."""
        for operation in self._operations.active():
            if operation.kind is OperationKind.DEPLOY and operation.version is None:
                failure = Failure(
                    "daemon_restarted",
                    "The daemon ended before the project was read.",
                    "Deploy it again.",
                    self._clock.now(),
                    None,
                )
                await self._operations.finish(operation, OperationState.FAILED, problem=problem_of(failure))

    async def _run(
        self,
        operation: Operation,
        stored: StoredArchive,
        *,
        activate: bool,
        app: str | None,
        git_commit: str | None,
        if_match: int | None,
    ) -> None:
        async def tell(step: str, message: str) -> None:
            await self._operations.advance(operation, step, message)

        failed_id = revision_id(stored.digest, app)
        try:
            revision = await self._patiently(
                lambda: self._reading.revision(
                    stored, operation.project, app=app, git_commit=git_commit, actor=operation.actor, tell=tell
                )
            )
            await self._patiently(lambda: self._activate(operation, revision, activate=activate, if_match=if_match))
        except AanaError as error:
            evidence = error.detail[-EVIDENCE_LINES:]
            now = self._clock.now()
            await self._load_failed(
                operation, Failure(error.code, error.message, error.hint or "", now, failed_id, evidence)
            )
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("deploy.failed operation=%s", operation.id)
            message = "The daemon failed while it read the project."
            now = self._clock.now()
            await self._load_failed(
                operation, Failure("internal_error", message, "Its log has the details.", now, failed_id)
            )
        finally:
            await self._patiently(lambda: self._reading.release(stored))

    async def _load_failed(self, operation: Operation, failure: Failure) -> None:
        """Note that a revision could not be read. What runs goes on; a project that never was shows why."""
        await self._patiently(lambda: self._note_failure(operation, failure))
        self._reconciler.wake()

    async def _note_failure(self, operation: Operation, failure: Failure) -> None:
        if not self._operations.is_active(operation):
            return

        def change(record: ProjectRecord | None) -> ProjectRecord | None:
            if record is None:
                return _first(operation.project, failure.at, failure=replace(failure, revision=None))
            if record.revision is None:
                return replace(record, failure=replace(failure, revision=None), version=record.version + 1)
            if record.revision == failure.revision:
                return None  # the same files run already; that they could not be read again is no reason to stop them
            return replace(record, failure=failure, version=record.version + 1)

        await self._store.change_project(operation.project, change)
        await self._operations.finish(operation, OperationState.FAILED, problem=problem_of(failure))

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """A deploy was accepted, so a database that is locked or full for a while delays it and loses nothing."""
        while True:
            try:
                return await work()
            except StoreUnavailable as error:
                logger.warning("deploy.waits_for_store %s", error.message)
                await asyncio.sleep(STORE_PAUSE_S)

    async def _activate(
        self, operation: Operation, revision: RevisionRecord, *, activate: bool, if_match: int | None
    ) -> None:
        if not self._operations.is_active(operation):
            return
        before = await self._store.project(operation.project)
        scale = kept_scale(revision, before.scale) if before is not None else {}
        gaps = await self._rooms.gaps(operation.project, wanted_deployments(revision, scale))
        if activate:
            await self._operations.advance(operation, "build", "Waiting for Serve.")

        def change(record: ProjectRecord | None) -> ProjectRecord:
            require_version(record, operation.project, if_match, may_be_new=True)
            current = record or _first(operation.project, revision.created_at, failure=None)
            if not activate:
                return replace(current, version=current.version + 1)
            runs = current.desired == "running" or revision.file.autostart
            return replace(
                current,
                revision=revision.id,
                desired="running" if runs else "stopped",
                failure=None,
                scale=kept_scale(revision, current.scale),
                gaps=gaps,
                version=current.version + 1,
            )

        await self._store.save_revision(revision)
        record = await self._store.change_project(operation.project, change)
        if not activate:
            await self._operations.finish(operation, OperationState.SUCCEEDED)
        elif record is not None:
            await self._store.mark_revision(operation.project, revision.id, activated_at=self._clock.now())
            await self._operations.activated(operation, revision.id, record.version)
        self._reconciler.wake()


def _first(name: str, now: datetime, *, failure: Failure | None) -> ProjectRecord:
    """A project before its first revision."""
    return ProjectRecord(
        name=name,
        desired="stopped",
        revision=None,
        good=None,
        restarts=0,
        failure=failure,
        phase=Phase.STOPPED,
        reason=Reason.NEVER_STARTED,
        since=now,
        created_at=now,
        version=1,
    )
