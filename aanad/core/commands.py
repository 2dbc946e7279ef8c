"""What an operator can ask for: each verb changes what is desired, in one transaction, and gives an operation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aanad.core.scaling import scaled
from aanad.core.sizes import is_resized_in_place, kept_scale, wanted_deployments
from aanad.errors import NotFound, Refused
from aanad.wire.operations import Operation, OperationKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.core.operations import Operations
    from aanad.core.ports import Clock, Store
    from aanad.core.reconciler import Reconciler
    from aanad.core.records import MutationRequest, ProjectRecord
    from aanad.core.revisions import Revisions
    from aanad.core.rooms import Rooms
    from aanad.wire.projects import ScaleRequest


class Commands:
    """Start, stop, restart, scale, roll back and remove. Deploying is longer and has a module of its own.

    Every verb takes the `actor` who asks for it, `if_match`, the version of the project that the caller saw, and
    `request`, by which the same request, sent again, finds the operation that it began before.
    """

    def __init__(
        self,
        *,
        store: Store,
        operations: Operations,
        reconciler: Reconciler,
        revisions: Revisions,
        rooms: Rooms,
        clock: Clock,
    ) -> None:
        self._store = store
        self._operations = operations
        self._reconciler = reconciler
        self._revisions = revisions
        self._rooms = rooms
        self._clock = clock
        self._lock = asyncio.Lock()

    async def start(
        self, project: str, *, actor: str, if_match: int | None = None, request: MutationRequest | None = None
    ) -> Operation:
        """Run the project's active revision; one that failed is tried again."""

        def change(record: ProjectRecord) -> ProjectRecord:
            if record.revision is None:
                raise Refused(
                    f"{project} has no revision that could be read.",
                    hint=f"Mend it and deploy it again; aana history {project} shows what there is.",
                    code="no_revision",
                )
            return replace(record, desired="running", failure=None)

        return await self._change(OperationKind.START, project, actor, if_match, request, change)

    async def stop(
        self, project: str, *, actor: str, if_match: int | None = None, request: MutationRequest | None = None
    ) -> Operation:
        """Stop the project; it stays stopped until somebody starts it."""
        return await self._change(
            OperationKind.STOP, project, actor, if_match, request, lambda record: replace(record, desired="stopped")
        )

    async def restart(
        self, project: str, *, actor: str, if_match: int | None = None, request: MutationRequest | None = None
    ) -> Operation:
        """Replace every replica of a project, a few at a time."""
        gaps = await self._gaps(project)

        def change(record: ProjectRecord) -> ProjectRecord:
            if not record.should_serve:
                raise Refused(f"{project} does not run.", hint=f"Start it: aana start {project}", code="not_running")
            return replace(record, restarts=record.restarts + 1, gaps=gaps, failure=None)

        return await self._change(OperationKind.RESTART, project, actor, if_match, request, change)

    async def scale(
        self,
        project: str,
        scale: ScaleRequest,
        *,
        actor: str,
        if_match: int | None = None,
        request: MutationRequest | None = None,
    ) -> Operation:
        """Set numbers of replicas; they survive a redeploy."""
        record = await self.require(project)
        revision = await self._store.revision(project, record.revision) if record.revision else None
        gaps = record.gaps
        if revision is not None:
            before = wanted_deployments(revision, record.scale)
            after = wanted_deployments(revision, scaled(record, revision, scale))
            if not is_resized_in_place(before, after):
                gaps = await self._rooms.gaps(project, after)

        def change(now: ProjectRecord) -> ProjectRecord:
            # What failed of the very revision that runs was an earlier change, and this one is judged by itself.
            is_old_news = now.failure is not None and now.failure.revision == now.revision and not now.is_blocked
            return replace(
                now,
                scale=scaled(now, revision, scale),
                gaps=gaps,
                failure=None if is_old_news else now.failure,
            )

        asked = {"scale": scale.model_dump(mode="json")["deployments"]}
        return await self._change(OperationKind.SCALE, project, actor, if_match, request, change, asked=asked)

    async def rollback(
        self,
        project: str,
        revision: str | None,
        *,
        actor: str,
        if_match: int | None = None,
        request: MutationRequest | None = None,
    ) -> Operation:
        """Activate an older revision: the one named, or the last one before the active one that was ready."""
        if (earlier := await self._operations.replayed(actor, request)) is not None:
            return earlier
        record = await self.require(project)
        target = await (
            self._revisions.find(project, revision) if revision else self._revisions.before(record, good=True)
        )
        gaps = await self._rooms.gaps(project, wanted_deployments(target, kept_scale(target, record.scale)))

        def change(now: ProjectRecord) -> ProjectRecord:
            if now.revision == target.id and not now.is_blocked:
                raise Refused(f"{project} is at revision {target.id} already.", code="already_active")
            scale = kept_scale(target, now.scale)
            return replace(now, revision=target.id, failure=None, scale=scale, gaps=gaps)

        operation = await self._change(
            OperationKind.ROLLBACK, project, actor, if_match, request, change, revision=target.id
        )
        await self._store.mark_revision(project, target.id, activated_at=self._clock.now())
        return operation

    async def reconfigure(self, project: str, *, actor: str) -> Operation | None:
        """Replace the replicas of a project whose secrets changed; None where it does not run."""
        record = await self._store.project(project)
        if record is None or not record.should_serve:
            return None
        gaps = await self._gaps(project)
        return await self._change(
            OperationKind.CONFIGURE, project, actor, None, None, lambda now: replace(now, gaps=gaps, failure=None)
        )

    async def remove(
        self,
        project: str,
        *,
        actor: str,
        force: bool = False,
        if_match: int | None = None,
        request: MutationRequest | None = None,
    ) -> Operation:
        """Forget a project and its revisions; one that should run only with `force`."""

        def change(record: ProjectRecord) -> ProjectRecord:
            if record.should_serve and not force:
                raise Refused(
                    f"{project} runs.",
                    hint=f"Stop it first (aana stop {project}), or remove it all the same (aana rm --force {project}).",
                    code="project_running",
                )
            return replace(record, desired="stopped")

        return await self._change(OperationKind.REMOVE, project, actor, if_match, request, change)

    async def require(self, project: str) -> ProjectRecord:
        """The project, which must be there."""
        record = await self._store.project(project)
        if record is None:
            raise no_project(project)
        return record

    async def _gaps(self, project: str) -> tuple[str, ...]:
        """Of what runs: which replicas cannot be replaced beside the old ones."""
        record = await self.require(project)
        revision = await self._store.revision(project, record.revision) if record.revision else None
        if revision is None:
            return ()
        return await self._rooms.gaps(project, wanted_deployments(revision, record.scale))

    async def _change(
        self,
        kind: OperationKind,
        project: str,
        actor: str,
        if_match: int | None,
        request: MutationRequest | None,
        change: Callable[[ProjectRecord], ProjectRecord],
        *,
        revision: str | None = None,
        asked: dict[str, Any] | None = None,
    ) -> Operation:
        def checked(record: ProjectRecord | None) -> ProjectRecord:
            if record is None:
                raise no_project(project)
            require_version(record, project, if_match)
            return replace(change(record), version=record.version + 1)

        # One verb at a time: its change and its operation belong together.
        async with self._lock:
            if (earlier := await self._operations.replayed(actor, request)) is not None:
                return earlier
            drafts: list[Operation] = []

            def begins(after: ProjectRecord) -> Operation:
                drafts.append(self._operations.draft(kind, project, actor, version=after.version, revision=revision))
                return drafts[-1]

            await self._store.change_project(project, checked, begins=begins, request=request)
            operation = await self._operations.begun(drafts[-1], asked)
        self._reconciler.wake()
        return operation


def no_project(name: str) -> NotFound:
    """The one error for a project that is not there."""
    return NotFound(f"There is no project {name}.", hint="aana ps lists them.", code="project_not_found")


def require_version(
    record: ProjectRecord | None, project: str, if_match: int | None, *, may_be_new: bool = False
) -> None:
    """Refuse a caller who looked at an older state of the project.

    Raises:
        NotFound: it is not there, and may not be new.
        Refused: ``version_mismatch``.
    """
    if record is None and not may_be_new:
        raise no_project(project)
    version = 0 if record is None else record.version
    if if_match is not None and if_match != version:
        raise Refused(
            f"{project} was changed by somebody else in the meantime (version {version}).",
            hint="Look at it again, then decide.",
            code="version_mismatch",
        )
