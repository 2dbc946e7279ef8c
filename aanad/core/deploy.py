"""Deploying: keep the archive, have it read in a process of its own, make a revision of it, activate it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from aanad.core.failures import load_failure, problem_of
from aanad.core.records import Failure, ProjectRecord, RevisionRecord
from aanad.errors import AanaError, ClusterUnavailable, InvalidProject, Refused, StoreUnavailable
from aanad.wire.manifest import LoadFailure, LoadResult, ProjectManifest
from aanad.wire.operations import Operation, OperationKind, OperationState
from aanad.wire.phase import Phase, Reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from aanad.core.operations import Operations
    from aanad.core.ports import Archives, Clock, RayUnit, Store, StoredArchive
    from aanad.core.reconciler import Reconciler

logger = logging.getLogger("aanad.deploy")
T = TypeVar("T")

UNIT_PATIENCE_S = 60.0
"""How long a deploy waits for a Ray unit that does not answer yet."""
STORE_PAUSE_S = 1.0
"""Between two tries at a database that fails."""


class Deploy:
    """Turns uploaded archives into revisions; loading goes on after the request was answered."""

    def __init__(
        self,
        *,
        store: Store,
        unit: RayUnit,
        archives: Archives,
        operations: Operations,
        reconciler: Reconciler,
        clock: Clock,
    ) -> None:
        self._store = store
        self._unit = unit
        self._archives = archives
        self._operations = operations
        self._reconciler = reconciler
        self._clock = clock
        self._loading: set[asyncio.Task[None]] = set()

    async def upload(
        self,
        project: str,
        chunks: AsyncIterator[bytes],
        *,
        actor: str,
        activate: bool = True,
        app: str | None = None,
        git_commit: str | None = None,
    ) -> Operation:
        """Keep an archive and begin to deploy it.

        Args:
            project: the project's name; the archive must hold a folder of this name.
            chunks: the archive.
            actor: who asked for it.
            activate: whether the revision is run; otherwise it is only read and kept.
            app: `module:attribute` of the app inside the folder, where `project.toml` does not say it.
            git_commit: the commit that the files were taken from.
        """
        stored = await self._archives.save(chunks)
        if stored.top != project:
            raise InvalidProject(
                f"The archive holds the project {stored.top}, not {project}.",
                hint="The folder's name, or name= in project.toml, is the project's name.",
                code="name_mismatch",
            )
        prefix = stored.file.route_prefix or f"/{project}"
        await self._check_prefix(project, prefix)
        steps = None if activate else ("load",)
        operation = await self._operations.begin(OperationKind.DEPLOY, project, actor, steps=steps)
        task = asyncio.create_task(
            self._run(operation, stored, prefix=prefix, activate=activate, app=app, git_commit=git_commit)
        )
        self._loading.add(task)
        task.add_done_callback(self._loading.discard)
        return operation

    async def stop(self) -> None:
        """Give up what is still being read; the next daemon says so of its operations."""
        for task in self._loading:
            task.cancel()
        await asyncio.gather(*self._loading, return_exceptions=True)

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

    async def _check_prefix(self, project: str, prefix: str) -> None:
        for record in await self._store.projects():
            if record.name == project or record.revision is None:
                continue
            other = await self._store.revision(record.name, record.revision)
            if other is not None and other.route_prefix == prefix:
                raise Refused(
                    f"The route prefix {prefix} is taken by the project {record.name}.",
                    hint="Give another route_prefix in project.toml, or remove that project.",
                    code="route_prefix_taken",
                )

    async def _run(
        self,
        operation: Operation,
        stored: StoredArchive,
        *,
        prefix: str,
        activate: bool,
        app: str | None,
        git_commit: str | None,
    ) -> None:
        revision_id = _revision_id(stored.digest, app)
        try:
            operation = await self._patiently(
                lambda: self._operations.advance(operation, "load", "Reading the project.")
            )
            result = await self._load(stored, operation.project, app or stored.file.app)
            if result.manifest is None:
                failure = result.failure or LoadFailure(code="import_error", message="The project could not be read.")
                await self._load_failed(operation, load_failure(failure, revision=revision_id, at=self._clock.now()))
                return
            _check_overrides(stored, result.manifest)
            await self._patiently(lambda: self._check_prefix(operation.project, prefix))
            revision = RevisionRecord(
                id=revision_id,
                project=operation.project,
                archive=stored.digest,
                size_bytes=stored.size_bytes,
                manifest=result.manifest,
                file=stored.file,
                route_prefix=prefix,
                created_at=self._clock.now(),
                created_by=operation.actor,
                git_commit=git_commit,
            )
            await self._patiently(lambda: self._activate(operation, revision, activate=activate))
        except AanaError as error:
            failure_of_it = Failure(
                error.code, error.message, error.hint or "", self._clock.now(), revision_id, error.detail
            )
            await self._load_failed(operation, failure_of_it)
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("deploy.failed operation=%s", operation.id)
            failure_of_it = Failure(
                "internal_error",
                "The daemon failed while it read the project.",
                "Its log has the details.",
                self._clock.now(),
                revision_id,
            )
            await self._load_failed(operation, failure_of_it)

    async def _load(self, stored: StoredArchive, project: str, app: str | None) -> LoadResult:
        """Have the Ray unit read the project, and wait for a unit that is only just starting."""
        deadline = self._clock.monotonic() + UNIT_PATIENCE_S
        while True:
            try:
                return await self._unit.load(self._archives.path(stored.digest), project=project, app=app)
            except ClusterUnavailable:
                if self._clock.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.5)

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

    async def _activate(self, operation: Operation, revision: RevisionRecord, *, activate: bool) -> None:
        if not self._operations.is_active(operation):
            return
        if activate:
            await self._operations.advance(operation, "build", "Waiting for Serve.")

        def change(record: ProjectRecord | None) -> ProjectRecord:
            current = record or _first(operation.project, revision.created_at, failure=None)
            if not activate:
                return replace(current, version=current.version + 1)
            runs = current.desired == "running" or revision.file.autostart
            return replace(
                current,
                revision=revision.id,
                desired="running" if runs else "stopped",
                failure=None,
                version=current.version + 1,
            )

        await self._store.save_revision(revision)
        record = await self._store.change_project(operation.project, change)
        if not activate:
            await self._operations.finish(operation, OperationState.SUCCEEDED)
        elif record is not None:
            await self._operations.activated(operation, revision.id, record.version)
        self._reconciler.wake()


def _first(name: str, now: datetime, *, failure: Failure | None) -> ProjectRecord:
    """A project before its first revision."""
    return ProjectRecord(
        name=name,
        desired="stopped",
        revision=None,
        good_revision=None,
        restarts=0,
        failure=failure,
        phase=Phase.STOPPED,
        reason=Reason.NEVER_STARTED,
        since=now,
        created_at=now,
        version=1,
    )


def _revision_id(digest: str, app: str | None) -> str:
    """12 hexadecimal digits that are the same for the same files and settings."""
    return hashlib.sha256(f"{digest}\n{app or ''}".encode()).hexdigest()[:12]


def _check_overrides(stored: StoredArchive, manifest: ProjectManifest) -> None:
    known = {deployment.name for deployment in manifest.deployments}
    for name in stored.file.deployments:
        if name not in known:
            raise InvalidProject(
                f"project.toml overrides the deployment {name}, which the project does not have.",
                hint=f"It has: {', '.join(sorted(known)) or 'none'}.",
                code="unknown_deployment",
            )
