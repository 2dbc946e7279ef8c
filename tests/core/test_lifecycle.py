"""Revisions and what is done with them: roll back, go back by itself, scale, cancel, ask twice, prune."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aanad.core.records import MutationRequest
from aanad.errors import InvalidInput, NotFound, Refused
from aanad.wire.operations import OperationState
from aanad.wire.phase import Phase
from aanad.wire.project_file import ProjectFile
from aanad.wire.projects import Scale, ScaleRequest
from tests.core.conftest import KEPT_REVISIONS, Box

THREE = ScaleRequest(deployments={"model": Scale(replicas=3)})
BIG = 6.0
"""CPUs: more than half of the node: it does not fit twice."""


async def active(box: Box, project: str = "asr") -> str | None:
    """The revision that a project is at."""
    return (await box.project(project)).revision


async def replica_ids(box: Box, project: str = "asr") -> set[str]:
    """The ids of its replicas."""
    return {replica.id for replica in await box.overview.replicas(project)}


async def test_rollback_goes_to_the_last_good_revision_and_back(box: Box) -> None:
    """Without a revision it is the one that was active and ready before; once more goes back again."""
    first = (await box.deploy("asr")).revision
    second = (await box.deploy("asr", "v2")).revision

    operation = await box.commands.rollback("asr", None, actor="ann")
    await box.settle()
    assert ((await box.operations.get(operation.id)).state, await active(box)) == (OperationState.SUCCEEDED, first)

    await box.commands.rollback("asr", None, actor="ann")
    await box.settle()
    assert second == await active(box)


async def test_rollback_to_a_revision_by_the_beginning_of_its_id(box: Box) -> None:
    """Four digits are enough where they tell one from the others; what is not there is named."""
    first = (await box.deploy("asr")).revision or ""
    await box.deploy("asr", "v2")

    await box.commands.rollback("asr", first[:6], actor="ann")
    await box.settle()

    assert first == await active(box)
    with pytest.raises(NotFound) as unknown:
        await box.commands.rollback("asr", "ffffffff", actor="ann")
    with pytest.raises(InvalidInput) as short:
        await box.commands.rollback("asr", "f", actor="ann")
    with pytest.raises(Refused) as same:
        await box.commands.rollback("asr", first, actor="ann")
    assert ("revision_not_found", "ambiguous_revision", "already_active") == (
        unknown.value.code,
        short.value.code,
        same.value.code,
    )


async def test_there_is_nothing_to_roll_back_to_at_first(box: Box) -> None:
    """A project with one revision says so, and goes on."""
    await box.deploy("asr")

    with pytest.raises(Refused) as caught:
        await box.commands.rollback("asr", None, actor="ann")

    assert caught.value.code == "no_earlier_revision"
    assert await box.standing("asr") == ("running", "ready")


async def test_a_revision_that_is_not_ready_in_time_goes_back_by_itself(box: Box) -> None:
    """The deploy fails at the project's own limit; the old revision serves, says so, and an event tells it."""
    first = (await box.deploy("asr")).revision
    box.archives.projects["asr"] = ProjectFile(ready_timeout_s=30)
    box.cluster.unready.add("asr")
    upload = await box.upload("asr", "v2")
    await box.settle(5)
    assert (await box.operations.get(upload.id)).state is OperationState.RUNNING

    box.clock.advance(31)
    await box.settle(8)

    operation = await box.operations.get(upload.id)
    assert (operation.state, operation.problem and operation.problem.code) == (OperationState.FAILED, "start_timeout")
    assert operation.problem is not None
    assert "new replicas missing: ingress, model" in operation.problem.message
    assert not {"replica.died"} & set(await box.event_types("asr"))
    assert (first, ("running", "revision_failed")) == (await active(box), await box.standing("asr"))
    [failed] = [event for event in await box.events.list(limit=1000) if event.type == "revision.failed"]
    assert (failed.data["revision"], failed.data["back_to"]) == (operation.revision, first)


async def test_time_that_a_download_takes_does_not_count(box: Box) -> None:
    """While a replica receives weights, the project says so and its limit stands still."""
    box.cluster.unready.add("asr")
    upload = await box.upload("asr")
    await box.settle(3)
    [pid] = [r.pid for r in await box.overview.replicas("asr") if r.deployment == "model"]
    box.unit.downloading(pid or 0, "org/model", 3_000_000_000)
    for _ in range(20):
        await box.settle(0)
        box.clock.advance(100)

    assert await box.standing("asr") == ("starting", "downloading")
    assert "org/model (3.0 GB so far)" in (await box.project("asr")).message

    box.unit.downloads.clear()
    box.cluster.unready.clear()
    await box.settle()
    assert (await box.operations.get(upload.id)).state is OperationState.SUCCEEDED


async def test_a_restart_that_fails_leaves_the_old_replicas(box: Box) -> None:
    """With room for both, a failed restart costs nothing: the project runs as before, the operation says why."""
    await box.deploy("asr")
    before = await replica_ids(box)
    box.cluster.failing["asr"] = "RuntimeError: no such weights"

    operation = await box.commands.restart("asr", actor="ann")
    await box.settle(3)
    box.cluster.failing.clear()
    await box.settle()

    ended = await box.operations.get(operation.id)
    assert (ended.state, ended.problem and ended.problem.code) == (OperationState.FAILED, "deploy_failed")
    assert (before, ("running", "ready")) == (await replica_ids(box), await box.standing("asr"))


async def test_scale_sets_replicas_without_touching_those_that_run(box: Box) -> None:
    """Two more replicas; the first one stays. Scaling back ends the newest."""
    await box.deploy("asr")
    before = await replica_ids(box)

    operation = await box.commands.scale("asr", THREE, actor="ann")
    await box.settle()

    grown = await replica_ids(box)
    assert (await box.operations.get(operation.id)).state is OperationState.SUCCEEDED
    assert (4, True) == (len(grown), before < grown)
    assert {"model": Scale(replicas=3)} == (await box.project("asr")).scale

    await box.commands.scale("asr", ScaleRequest(deployments={"model": None}), actor="ann")
    await box.settle()
    assert (before, {}) == (await replica_ids(box), (await box.project("asr")).scale)
    assert "replica.died" not in await box.event_types("asr")


async def test_scale_survives_a_redeploy_and_goes_with_its_deployment(box: Box) -> None:
    """A new revision has the operator's number; one without that deployment has none."""
    await box.deploy("asr")
    await box.commands.scale("asr", THREE, actor="ann")
    await box.settle()

    await box.deploy("asr", "v2")
    assert 4 == (await box.project("asr")).replicas

    box.unit.deployments["asr"] = box.cluster.deployments["asr"] = ["other"]
    await box.deploy("asr", "v3")
    assert ({}, 2) == ((await box.project("asr")).scale, (await box.project("asr")).replicas)


async def test_scaling_what_is_not_there_names_what_is(box: Box) -> None:
    """A misspelt deployment changes nothing."""
    await box.deploy("asr")

    with pytest.raises(InvalidInput) as caught:
        await box.commands.scale("asr", ScaleRequest(deployments={"modle": Scale(replicas=2)}), actor="ann")

    assert (caught.value.code, caught.value.hint) == ("unknown_deployment", "It has: ingress, model.")


async def test_a_scale_that_finds_no_room_says_who_holds_it_and_goes_back(box: Box) -> None:
    """What runs is never put at risk: the shortage is told while it waits, and at the limit the number goes back."""
    box.ask_for(BIG)
    await box.deploy("asr")

    operation = await box.commands.scale("asr", THREE, actor="ann")
    await box.settle(4)
    project = await box.project("asr")
    assert ("updating", "resources_short") == (project.phase, project.reason)
    assert "asr/model holds 6" in project.message
    [step] = (await box.operations.get(operation.id)).steps
    assert (2, 4) == (step.done, step.total)

    box.clock.advance(601)
    await box.settle(6)
    assert (await box.operations.get(operation.id)).state is OperationState.FAILED
    assert (("running", "ready"), {}) == (await box.standing("asr"), (await box.project("asr")).scale)


async def test_a_project_that_does_not_fit_twice_is_replaced_with_a_gap(box: Box) -> None:
    """Its old replica ends first, because the new one would wait for its room for ever."""
    box.ask_for(BIG)
    await box.deploy("asr")

    operation = await box.deploy("asr", "v2")

    assert operation.state is OperationState.SUCCEEDED
    record = await box.store.project("asr")
    assert record is not None
    assert record.gaps == ("model",)


async def test_room_that_vanishes_during_an_update_is_made(box: Box) -> None:
    """New replicas wait half a minute for room beside the old ones; then the old ones end first, as an event says."""
    box.ask_for(3)
    await box.deploy("asr")
    upload = await box.upload("asr", "v2")
    box.cluster.resources["model"] = {"CPU": BIG}
    await box.settle(4)
    assert (await box.project("asr")).reason == "resources_short"

    box.clock.advance(31)
    await box.settle(8)

    assert (await box.operations.get(upload.id)).state is OperationState.SUCCEEDED
    assert "update.gap" in await box.event_types("asr")


async def test_why_it_is_pending_is_answered_in_full(box: Box) -> None:
    """What is short, on which node, who holds it, and what would free it, at once and not after a minute."""
    box.ask_for(BIG)
    await box.deploy("asr")
    await box.upload("tts")
    await box.settle(4)

    project = await box.project("tts")
    assert ("pending", "resources_short") == (project.phase, project.reason)
    assert "model needs 6 CPUs: on 10.0.0.1 2 of 8 are free (asr/model holds 6)." in project.message
    assert project.hint.startswith("Stop asr")
    [waiting] = [r for r in await box.overview.replicas("tts") if r.deployment == "model"]
    assert (waiting.phase, waiting.reason, waiting.pid) == (Phase.PENDING, "resources_short", None)

    await box.commands.stop("asr", actor="ann")
    await box.settle()
    assert await box.standing("tts") == ("running", "ready")


async def test_cancelling_what_is_still_read(box: Box) -> None:
    """Nothing of the deploy is left; who waited for it learns who cancelled it."""
    await box.deploy("asr")
    before = await active(box)
    box.unit.hold.clear()
    upload = await box.upload("asr", "v2")

    ended = await box.cancelling.cancel(upload.id, actor="bob")
    box.unit.hold.set()
    await box.read_out()
    await box.settle()

    assert (OperationState.CANCELLED, before) == (ended.state, await active(box))
    assert await box.standing("asr") == ("running", "ready")
    assert 1 == len(box.archives.kept)
    finished = [event for event in await box.events.list(limit=1000) if event.type == "operation.finished"]
    assert finished[-1].message.endswith("cancelled by bob")
    assert "bob" == finished[-1].actor


async def test_cancelling_what_loads_brings_back_what_ran(box: Box) -> None:
    """The old revision's replicas, which go on all the while."""
    first = (await box.deploy("asr")).revision
    before = await replica_ids(box)
    box.cluster.unready.add("asr")
    upload = await box.upload("asr", "v2")
    await box.settle(4)

    await box.cancelling.cancel(upload.id, actor="ann")
    box.cluster.unready.clear()
    await box.settle()

    assert (first, before, ("running", "ready")) == (
        await active(box),
        await replica_ids(box),
        await box.standing("asr"),
    )


async def test_cancelling_a_first_deploy_or_a_start_stops_it(box: Box) -> None:
    """Nothing ran before, so nothing runs after."""
    box.cluster.unready.add("asr")
    upload = await box.upload("asr")
    await box.settle(4)
    await box.cancelling.cancel(upload.id, actor="ann")
    await box.settle()
    assert (await box.project("asr")).phase == "stopped"

    started = await box.commands.start("asr", actor="ann")
    await box.settle(4)
    await box.cancelling.cancel(started.id, actor="ann")
    await box.settle()
    assert (await box.project("asr")).phase == "stopped"


async def test_what_cannot_be_cancelled_says_so(box: Box) -> None:
    """A stop goes through; what is over is over."""
    deployed = await box.deploy("asr")
    stopped = await box.commands.stop("asr", actor="ann")

    with pytest.raises(Refused) as over:
        await box.cancelling.cancel(deployed.id, actor="ann")
    with pytest.raises(Refused) as stop:
        await box.cancelling.cancel(stopped.id, actor="ann")

    assert ("operation_finished", "not_cancellable") == (over.value.code, stop.value.code)


async def test_the_same_request_twice_is_one_change(box: Box) -> None:
    """An Idempotency-Key: the second answer is the first one's operation, also when that is over."""
    await box.deploy("asr")
    request = MutationRequest("key-1", "restart")
    first = await box.commands.restart("asr", actor="ann", request=request)
    await box.settle()

    again = await box.commands.restart("asr", actor="ann", request=request)

    record = await box.store.project("asr")
    assert record is not None
    assert (first.id, OperationState.SUCCEEDED, 1) == (again.id, again.state, record.restarts)
    with pytest.raises(InvalidInput) as caught:
        await box.commands.stop("asr", actor="ann", request=replace(request, fingerprint="stop"))
    assert caught.value.code == "idempotency_key_reused"
    other = await box.commands.restart("asr", actor="bob", request=request)
    assert other.id != first.id


async def test_the_same_upload_twice_is_one_deploy(box: Box) -> None:
    """The archive's content belongs to the request: another one under the same key is refused."""
    request = MutationRequest("key-1", "deploy")
    first = await box.deploy("asr", request=request)

    again = await box.upload("asr", request=request)

    assert first.id == again.id
    with pytest.raises(InvalidInput):
        await box.upload("asr", "v2", request=request)


async def test_a_deploy_over_a_state_that_was_changed_is_refused(box: Box) -> None:
    """If-Match holds for deploys too."""
    await box.deploy("asr")
    record = await box.store.project("asr")
    assert record is not None
    await box.commands.restart("asr", actor="bob")

    with pytest.raises(Refused) as caught:
        await box.upload("asr", "v2", if_match=record.version)

    assert caught.value.code == "version_mismatch"


async def test_old_revisions_are_forgotten_but_never_one_in_use(box: Box) -> None:
    """As many as are to be kept beside the active one, the last active ones; their archives go with them."""
    for number in range(KEPT_REVISIONS + 3):
        await box.deploy("asr", f"v{number}")
    first_kept = (await box.overview.revisions("asr"))[-1].id

    assert KEPT_REVISIONS + 1 == len(await box.overview.revisions("asr")) == len(box.archives.kept)

    await box.commands.rollback("asr", first_kept, actor="ann")
    await box.settle()
    for number in range(10, 10 + KEPT_REVISIONS + 1):
        box.unit.failures["asr"] = box.unit.broken("No module named 'nope'.")
        await box.deploy("asr", f"v{number}")
    assert first_kept in {revision.id for revision in await box.overview.revisions("asr")}


async def test_history_says_which_revisions_were_ready(box: Box) -> None:
    """Only such a one is gone back to by itself."""
    await box.deploy("asr")
    await box.deploy("asr", "v2", activate=False)

    newest, oldest = await box.overview.revisions("asr")

    assert (None, False, True) == (newest.ready_at, newest.active, oldest.active)
    assert oldest.ready_at is not None


async def test_what_differs_between_two_revisions(box: Box) -> None:
    """Files by lines, settings by name; from the one before to the active one where nothing is said."""
    box.archives.projects["asr"] = ProjectFile(env={"COLOUR": "blue"})
    first = (await box.deploy("asr", "one\ntwo")).revision
    box.archives.projects["asr"] = ProjectFile(env={"COLOUR": "red"}, priority=5)
    second = (await box.deploy("asr", "one\nthree")).revision
    record = await box.commands.require("asr")

    diff = await box.revisions.diff(record, None, None)

    assert (first, second) == (diff.before, diff.after)
    assert [(file.path, file.change) for file in diff.files] == [("app.py", "changed")]
    assert {"-two", "+three"} <= set(diff.files[0].lines)
    assert [(change.name, change.before, change.after) for change in diff.settings] == [
        ("env.COLOUR", "blue", "red"),
        ("priority", "0", "5"),
    ]


async def test_projects_return_in_the_order_of_their_priority(box: Box) -> None:
    """After a cold start the most important project is served first; a lower one says whom it waits for."""
    for name, priority in (("asr", 0), ("llm", 10), ("tts", 5)):
        box.archives.projects[name] = ProjectFile(priority=priority)
        await box.deploy(name)
    box.cluster.puts.clear()

    box.cluster.cold_start()
    box.unit.cold_starts = 2
    await box.reconciler.tick()
    assert await box.standing("asr") == ("pending", "waits_for_priority")
    assert "llm" in (await box.project("asr")).message
    await box.settle(12)

    assert box.cluster.puts == [["llm"], ["llm", "tts"], ["asr", "llm", "tts"]]
    assert {("running", "ready")} == {await box.standing(name) for name in ("asr", "llm", "tts")}


async def test_an_important_project_that_hangs_holds_up_nobody_for_long(box: Box) -> None:
    """The others wait a minute for it, and then start."""
    for name, priority in (("asr", 0), ("llm", 10)):
        box.archives.projects[name] = ProjectFile(priority=priority)
        await box.deploy(name)
    box.cluster.cold_start()
    box.cluster.unready.add("llm")
    box.unit.cold_starts = 2
    await box.settle(6)
    assert await box.standing("asr") == ("pending", "waits_for_priority")

    box.clock.advance(61)
    await box.settle()

    assert await box.standing("asr") == ("running", "ready")
