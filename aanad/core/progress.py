"""Moves operations forward by what is observed, and ends them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aanad.core.failures import problem_of
from aanad.wire.operations import Operation, OperationKind, OperationState
from aanad.wire.phase import Phase, Reason

if TYPE_CHECKING:
    from aanad.core.observation import Observation
    from aanad.core.operations import Operations
    from aanad.core.ports import Archives, Routes, Secrets, Store
    from aanad.core.projects import Standing
    from aanad.core.records import ProjectRecord


BEFORE_REPLICAS = {
    Reason.QUEUED,
    Reason.BUILDING,
    Reason.CLUSTER_STARTING,
    Reason.CLUSTER_UNREACHABLE,
    Reason.DRAINING,
    Reason.WAITS_FOR_PRIORITY,
}
ROUTE_ROUNDS = 20
"""Where the daemon cannot reach Serve's port at all, on another machine say, an operation must end all the same."""


class Progress:
    """One look at each unfinished operation a round."""

    def __init__(
        self,
        *,
        store: Store,
        archives: Archives,
        secrets: Secrets,
        operations: Operations,
        observation: Observation,
        routes: Routes,
    ) -> None:
        self._store = store
        self._archives = archives
        self._secrets = secrets
        self._operations = operations
        self._observation = observation
        self._routes = routes
        self._unrouted: Counter[str] = Counter()

    async def follow(self, record: ProjectRecord) -> None:
        """Move the operations of one project forward; `record` is what this round was based on."""
        for operation in self._operations.active(record.name):
            if operation.version is None or operation.version > record.version:
                continue
            standing = self._observation.standing(record)
            match operation.kind:
                case OperationKind.STOP:
                    await self._follow_stop(operation, record)
                case OperationKind.REMOVE:
                    await self._follow_remove(operation, record)
                case _:
                    await self._follow_start(operation, record, standing)

    async def _follow_start(self, operation: Operation, record: ProjectRecord, standing: Standing) -> None:
        failure = record.failure
        if failure is not None and failure.revision == (operation.revision or record.revision):
            await self._operations.finish(operation, OperationState.FAILED, problem=problem_of(failure))
        elif record.desired == "stopped":
            await self._operations.finish(operation, OperationState.SUCCEEDED)
        elif standing.phase is Phase.RUNNING:
            if await self._is_routed(operation, record):
                await self._operations.finish(operation, OperationState.SUCCEEDED)
            else:
                await self._advance(operation, "replicas", "Waiting until requests reach it.")
        elif standing.reason in BEFORE_REPLICAS:
            await self._advance(operation, "build", standing.message)
        else:
            await self._advance(operation, "replicas", standing.message)

    async def _advance(self, operation: Operation, step: str, message: str) -> None:
        app = self._observation.application(operation.project)
        if step == "replicas" and app is not None and app.target_replicas:
            ready = min(app.ready, app.target_replicas)
            await self._operations.advance(operation, step, message, done=ready, total=app.target_replicas)
            return
        # A change of numbers alone builds nothing.
        names = [each.name for each in operation.steps]
        await self._operations.advance(operation, step if step in names else names[-1], message)

    async def _is_routed(self, operation: Operation, record: ProjectRecord) -> bool:
        """Serve says RUNNING a moment before its proxy knows the way; nobody should be told to send requests yet."""
        wanted = self._observation.wanted.get(record.name)
        if wanted is None or self._unrouted[operation.id] >= ROUTE_ROUNDS:
            del self._unrouted[operation.id]
            return True
        if await self._routes.leads_to(wanted.route_prefix, record.name):
            del self._unrouted[operation.id]
            return True
        self._unrouted[operation.id] += 1
        return False

    async def _follow_stop(self, operation: Operation, record: ProjectRecord) -> None:
        if self._is_gone(record):
            await self._operations.finish(operation, OperationState.SUCCEEDED)
        else:
            await self._operations.advance(operation, "drain", "Its replicas finish their requests.")

    async def _follow_remove(self, operation: Operation, record: ProjectRecord) -> None:
        if not self._is_gone(record):
            await self._operations.advance(operation, "drain", "Its replicas finish their requests.")
            return
        operation = await self._operations.advance(operation, "remove")
        archives = {revision.archive for revision in await self._store.revisions(record.name)}
        await self._store.delete_project(record.name)
        for digest in archives - {revision.archive for revision in await self._store.revisions()}:
            await self._archives.delete(digest)
        await self._secrets.remove_all(record.name)
        await self._operations.finish(operation, OperationState.SUCCEEDED)

    def _is_gone(self, record: ProjectRecord) -> bool:
        """Whether no replica of it is left. A cluster that is down has none; one that does not answer may have."""
        view = self._observation.view
        return self._observation.application(record.name) is None and (view.reachable or view.starting)
