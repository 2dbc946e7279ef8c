"""The revisions of a project: which one is meant, which one to go back to, what differs, and which are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.core.diffs import file_diffs, setting_changes
from aanad.errors import InvalidInput, NotFound, Refused
from aanad.wire.diff import RevisionDiff

if TYPE_CHECKING:
    from aanad.core.events import Events
    from aanad.core.operations import Operations
    from aanad.core.ports import Archives, Clock, Store
    from aanad.core.records import ProjectRecord, RevisionRecord

SHORTEST_PREFIX = 4
"""Digits of an id that must be given."""


class Revisions:
    """Reads and prunes revisions; which one is active is the project's matter."""

    def __init__(
        self, *, store: Store, archives: Archives, operations: Operations, events: Events, clock: Clock, keep: int
    ) -> None:
        """`keep` is how many revisions of a project are kept, those in use not counted."""
        self._store = store
        self._archives = archives
        self._operations = operations
        self._events = events
        self._clock = clock
        self._keep = keep

    async def find(self, project: str, revision: str) -> RevisionRecord:
        """The revision whose id begins so.

        Raises:
            InvalidInput: too few digits, or more than one revision begins so.
            NotFound: none does.
        """
        if len(revision) < SHORTEST_PREFIX:
            raise InvalidInput(
                f"{revision!r} is too short for a revision.",
                hint=f"Give {SHORTEST_PREFIX} digits or more.",
                code="ambiguous_revision",
            )
        found = [each for each in await self._store.revisions(project) if each.id.startswith(revision)]
        if not found:
            raise NotFound(
                f"{project} has no revision {revision}.",
                hint=f"aana history {project} lists them.",
                code="revision_not_found",
            )
        if len(found) > 1:
            raise InvalidInput(
                f"{len(found)} revisions of {project} begin with {revision}.",
                hint="Give more digits.",
                code="ambiguous_revision",
            )
        return found[0]

    async def before(self, record: ProjectRecord, *, good: bool) -> RevisionRecord:
        """The revision that was active before the one that is; with `good` only one that was ready once.

        Raises:
            Refused: ``no_earlier_revision``.
        """
        earlier = [
            each
            for each in await self._store.revisions(record.name)
            if each.id != record.revision and (each.ready_at is not None if good else each.activated_at is not None)
        ]
        if not earlier:
            what = "that was ready" if good else "that was active"
            raise Refused(
                f"{record.name} has no earlier revision {what}.",
                hint=f"aana history {record.name} lists its revisions.",
                code="no_earlier_revision",
            )
        return max(earlier, key=lambda each: each.activated_at or each.created_at)

    async def diff(self, record: ProjectRecord, before: str | None, after: str | None) -> RevisionDiff:
        """What differs; from the revision before the active one to the active one where not said otherwise."""
        if after is None and record.revision is None:
            raise Refused(f"{record.name} has no active revision.", code="no_revision")
        new = await self.find(record.name, after or record.revision or "")
        old = await (self.find(record.name, before) if before else self.before(record, good=False))
        return RevisionDiff(
            project=record.name,
            before=old.id,
            after=new.id,
            files=file_diffs(await self._archives.files(old.archive), await self._archives.files(new.archive)),
            settings=setting_changes(old, new, record.scale),
        )

    async def became_ready(self, record: ProjectRecord) -> None:
        """All replicas of the active revision are ready: it may be gone back to from now on."""
        if record.revision is not None:
            await self._store.mark_revision(record.name, record.revision, ready_at=self._clock.now())
        await self.prune(record)

    async def prune(self, record: ProjectRecord) -> None:
        """Forget the oldest revisions beyond those that are kept; never one that is in use."""
        in_use = {record.revision, record.good.revision if record.good else None}
        in_use |= {operation.revision for operation in self._operations.active(record.name)}
        spare = [each for each in await self._store.revisions(record.name) if each.id not in in_use]
        spare.sort(key=lambda each: each.activated_at or each.created_at, reverse=True)
        for old in spare[self._keep :]:
            await self._store.delete_revision(record.name, old.id)
            if old.archive not in {each.archive for each in await self._store.revisions()}:
                await self._archives.delete(old.archive)
            await self._events.record(
                "revision.pruned",
                f"Revision {old.id} is forgotten: {self._keep} older ones are kept.",
                project=record.name,
                revision=old.id,
            )
