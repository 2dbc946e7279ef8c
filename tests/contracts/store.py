"""What the core may rely on of a store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aanad.core.ports import Store
from aanad.core.records import EventQuery, Failure, Good, MutationRequest, ProjectRecord, RevisionRecord, Timing
from aanad.errors import Refused
from aanad.wire.manifest import ProjectManifest
from aanad.wire.operations import Operation, OperationKind, OperationState, Step
from aanad.wire.project_file import DeploymentOverride, ProjectFile
from aanad.wire.projects import Scale

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
PROJECT = ProjectRecord(
    name="asr",
    desired="running",
    revision="0123456789ab",
    good=Good("ba9876543210", 1, {"model": Scale(replicas=2)}),
    restarts=2,
    failure=Failure("import_error", "No module", "Mend it", NOON, "0123456789ab", ["line 1", "line 2"]),
    phase="failed",
    reason="import_error",
    since=NOON,
    created_at=NOON,
    version=3,
    scale={"model": Scale(min_replicas=0, max_replicas=3)},
    gaps=("model",),
    timings={"model": Timing(start_s=4.5), "ingress": Timing(1.0, 2.0)},
)
REVISION = RevisionRecord(
    id="0123456789ab",
    project="asr",
    archive="f" * 64,
    size_bytes=12,
    manifest=ProjectManifest(name="asr", app="asr.app:aana_app", endpoints=[], deployments=[]),
    file=ProjectFile(env={"A": "b"}, deployments={"model": DeploymentOverride(replicas=2)}),
    route_prefix="/asr",
    created_at=NOON,
    created_by="ann",
    git_commit=None,
    requirements="einops==0.8\n",
)


def operation(name: str, *, state: OperationState = OperationState.RUNNING, at: datetime = NOON) -> Operation:
    """An operation of the project asr."""
    return Operation(
        id=name,
        kind=OperationKind.START,
        project="asr",
        state=state,
        steps=[Step(name="build", state=state, started_at=at)],
        actor="ann",
        created_at=at,
    )


class StoreContract:
    """Give a fixture `store`, and inherit."""

    async def test_a_project_is_read_as_it_was_written(self, store: Store) -> None:
        """Every field survives, the failure with its evidence and times to the microsecond too."""
        await store.change_project("asr", lambda _: PROJECT)

        assert PROJECT == await store.project("asr")
        assert [PROJECT] == await store.projects()
        assert await store.project("other") is None

    async def test_a_change_sees_what_is_there(self, store: Store) -> None:
        """The function gets the current record, or None, and what it answers is stored."""
        await store.change_project("asr", lambda now: PROJECT if now is None else now)

        changed = await store.change_project("asr", lambda now: now and replace(now, version=now.version + 1))

        assert changed == replace(PROJECT, version=4)
        assert changed == await store.project("asr")

    async def test_a_change_that_raises_leaves_no_trace(self, store: Store) -> None:
        """What a refused verb began is not half done."""
        await store.change_project("asr", lambda _: PROJECT)

        def refuse(_: object) -> None:
            raise Refused("no")

        with pytest.raises(Refused):
            await store.change_project("asr", refuse)

        assert PROJECT == await store.project("asr")

    async def test_changes_at_once_do_not_lose_each_other(self, store: Store) -> None:
        """Ten callers at once each see the version that the one before them wrote."""
        await store.change_project("asr", lambda _: PROJECT)

        await asyncio.gather(
            *(store.change_project("asr", lambda now: now and replace(now, version=now.version + 1)) for _ in range(10))
        )

        found = await store.project("asr")
        assert found is not None
        assert found.version == PROJECT.version + 10

    async def test_a_change_and_its_operation_are_one(self, store: Store) -> None:
        """Both are there, or neither: what a killed daemon leaves is never half of it."""
        await store.change_project("asr", lambda _: PROJECT)
        request = MutationRequest("key-1", "f")

        def refuse(_: ProjectRecord) -> Operation:
            raise Refused("no")

        with pytest.raises(Refused):
            await store.change_project("asr", lambda now: now and replace(now, version=9), begins=refuse)
        assert (PROJECT, []) == (await store.project("asr"), await store.operations())

        await store.change_project(
            "asr",
            lambda now: now and replace(now, version=9),
            begins=lambda after: operation(f"op_{after.version}"),
            request=request,
        )
        assert (replace(PROJECT, version=9), [operation("op_9")]) == (
            await store.project("asr"),
            await store.operations(unfinished=True),
        )
        assert (operation("op_9"), request) == await store.requested("ann", "key-1")

    async def test_a_checkpoint_touches_nothing_else(self, store: Store) -> None:
        """The phase is noted beside what is desired; noting that of a project that is gone is no error."""
        await store.change_project("asr", lambda _: PROJECT)
        later = NOON + timedelta(hours=1)

        await store.save_checkpoint("asr", "running", "ready", later)
        await store.save_checkpoint("gone", "running", "ready", later)

        await store.save_timings("asr", {"model": Timing(9.0, 1.0)})
        await store.save_timings("gone", {})

        expected = replace(PROJECT, phase="running", reason="ready", since=later, timings={"model": Timing(9.0, 1.0)})
        assert expected == await store.project("asr")

    async def test_a_revision_never_changes(self, store: Store) -> None:
        """Saving another one under the same id keeps the first."""
        await store.save_revision(REVISION)
        await store.save_revision(replace(REVISION, created_by="bob"))

        assert REVISION == await store.revision("asr", REVISION.id)
        assert [REVISION] == await store.revisions("asr")
        assert await store.revision("asr", "ffffffffffff") is None
        assert await store.revisions("other") == []

    async def test_revisions_come_newest_first(self, store: Store) -> None:
        """History reads from the top."""
        newer = replace(REVISION, id="ba9876543210", created_at=NOON + timedelta(seconds=1))
        await store.save_revision(REVISION)
        await store.save_revision(newer)

        assert [newer, REVISION] == await store.revisions()

    async def test_a_revisions_marks(self, store: Store) -> None:
        """When it was active last changes; when it was ready first does not; nothing else of it is touched."""
        await store.save_revision(REVISION)
        assert await store.revision("asr", REVISION.id) == REVISION
        later = NOON + timedelta(hours=1)

        await store.mark_revision("asr", REVISION.id, activated_at=NOON, ready_at=NOON)
        await store.mark_revision("asr", REVISION.id, activated_at=later, ready_at=later)
        await store.mark_revision("asr", "ffffffffffff", ready_at=later)

        marked = replace(REVISION, activated_at=later, ready_at=NOON)
        assert (marked, [marked]) == (await store.revision("asr", REVISION.id), await store.revisions("asr"))

    async def test_a_revision_can_be_forgotten(self, store: Store) -> None:
        """One that is not there is no error."""
        await store.save_revision(REVISION)

        await store.delete_revision("asr", REVISION.id)
        await store.delete_revision("asr", REVISION.id)

        assert (None, []) == (await store.revision("asr", REVISION.id), await store.revisions())

    async def test_what_was_asked_for_twice_is_found(self, store: Store) -> None:
        """By who asked and under which key, as the operation is by now; nobody finds what another one asked for."""
        request = MutationRequest("key-1", "POST /start")
        await store.save_operation(operation("op_1"), request)
        await store.save_operation(operation("op_1", state=OperationState.SUCCEEDED))

        assert await store.requested("ann", "key-1") == (operation("op_1", state=OperationState.SUCCEEDED), request)
        assert await store.requested("bob", "key-1") is None
        assert await store.requested("ann", "key-2") is None

    async def test_a_removed_project_takes_its_revisions_along(self, store: Store) -> None:
        """Its operations and events stay, as the record of what happened."""
        await store.change_project("asr", lambda _: PROJECT)
        await store.save_revision(REVISION)
        await store.save_operation(operation("op_1"))

        await store.delete_project("asr")

        assert ([], []) == (await store.projects(), await store.revisions())
        assert await store.operation("op_1") is not None

    async def test_operations_are_replaced_and_filtered(self, store: Store) -> None:
        """The newest first; unfinished ones can be asked for alone."""
        later = NOON + timedelta(seconds=1)
        await store.save_operation(operation("op_1"))
        await store.save_operation(operation("op_2", at=later))
        await store.save_operation(operation("op_1", state=OperationState.SUCCEEDED))

        assert [o.id for o in await store.operations()] == ["op_2", "op_1"]
        assert [o.id for o in await store.operations(unfinished=True)] == ["op_2"]
        assert await store.operations(project="other") == []
        assert await store.operation("op_1") == operation("op_1", state=OperationState.SUCCEEDED)
        assert await store.operation("op_3") is None

    async def test_events_keep_their_order(self, store: Store) -> None:
        """Cursors grow; reading on from one gives just what came after it."""
        for number in range(5):
            await store.append_event(
                time=NOON, type_="t", actor="a", message=str(number), project="asr" if number % 2 else None
            )

        everything = await store.events(EventQuery())
        assert [event.message for event in everything] == ["0", "1", "2", "3", "4"]
        assert [event.message for event in await store.events(EventQuery(), limit=2)] == ["3", "4"]
        assert [event.message for event in await store.events(EventQuery(), since=everything[1].cursor, limit=2)] == [
            "2",
            "3",
        ]
        assert [event.message for event in await store.events(EventQuery(projects=("asr",)))] == ["1", "3"]
        assert sorted(event.cursor for event in everything) == [event.cursor for event in everything]

    async def test_events_are_chosen_by_project_type_actor_and_time(self, store: Store) -> None:
        """Several projects and types; a type may be the beginning of several; all that is asked for must hold."""
        later = NOON + timedelta(hours=1)
        for project, type_, actor, time in [
            ("asr", "replica.died", "aanad", NOON),
            ("ocr", "operation.started", "ann", NOON),
            ("tts", "operation.finished", "ann", later),
            (None, "replicas", "bob", later),
            (None, "Replica.x", "bob", later),
            ("asr", "replica_.x", "bob", later),
        ]:
            await store.append_event(time=time, type_=type_, actor=actor, message="", project=project)

        async def cursors(**query: Any) -> list[int]:
            return [event.cursor for event in await store.events(EventQuery(**query))]

        assert await cursors(projects=("asr", "tts")) == [1, 3, 6]
        assert await cursors(types=("replica.*",)) == [1]
        assert await cursors(types=("replica*", "operation.started")) == [1, 2, 4, 6]
        assert await cursors(types=("*",)) == [1, 2, 3, 4, 5, 6]
        assert await cursors(actor="ann") == [2, 3]
        assert await cursors(after=later) == [3, 4, 5, 6]
        assert await cursors(actor="ann", after=later, types=("operation.*",), projects=("tts",)) == [3]
        assert await cursors(actor="ann", projects=("asr",)) == []

    async def test_the_first_events_are_forgotten_a_few_at_a_time(self, store: Store) -> None:
        """By age and by number; the last one stays, and cursors are not used again."""
        assert (0, 0) == await store.event_bounds()
        for hour in range(6):
            await store.append_event(time=NOON + timedelta(hours=hour), type_="t", actor="a", message="")

        assert 2 == await store.prune_events(before=None, keep=3, at_most=2)
        assert 1 == await store.prune_events(before=None, keep=3, at_most=2)
        assert 0 == await store.prune_events(before=NOON + timedelta(hours=3), keep=3, at_most=2)
        assert (4, 6) == await store.event_bounds()
        assert 1 == await store.prune_events(before=NOON + timedelta(hours=4), keep=None, at_most=9)
        assert 1 == await store.prune_events(before=NOON + timedelta(hours=99), keep=None, at_most=9)
        assert 0 == await store.prune_events(before=NOON + timedelta(hours=99), keep=0, at_most=9)
        assert (6, 6) == await store.event_bounds()
        assert 7 == (await store.append_event(time=NOON, type_="t", actor="a", message="")).cursor

    async def test_an_event_with_a_wrong_time_takes_none_with_it(self, store: Store) -> None:
        """A clock that jumped back for a moment must not cost the record of the day."""
        for time in (NOON, NOON - timedelta(days=9000), NOON):
            await store.append_event(time=time, type_="t", actor="a", message="")

        assert 0 == await store.prune_events(before=NOON - timedelta(days=1), keep=None, at_most=9)
