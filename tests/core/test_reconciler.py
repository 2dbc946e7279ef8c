"""The one writer to Serve: when it writes, when it waits, and what it does after each kind of bad luck."""

from __future__ import annotations

import pytest

from aanad.errors import NotFound, Refused
from aanad.wire.operations import OperationState
from aanad.wire.unit import UnitState
from tests.core.conftest import Box, make_box


async def test_an_unchanged_box_is_left_alone(box: Box) -> None:
    """Once all is as desired, no PUT is sent: an identical one would cancel builds and retry failures."""
    await box.deploy("asr")
    puts = len(box.cluster.puts)

    await box.settle(20)

    assert len(box.cluster.puts) == puts


async def test_a_second_deploy_waits_for_the_build_of_the_first(box: Box) -> None:
    """Two deploys at once: neither build is cancelled, and both projects come up."""
    await box.upload("asr")
    await box.reconciler.tick()
    await box.upload("tts")
    await box.reconciler.tick()
    assert box.cluster.puts == [["asr"]]

    await box.settle()

    assert box.cluster.puts == [["asr"], ["asr", "tts"]]
    assert box.cluster.cancelled_builds == []
    assert await box.standing("asr") == await box.standing("tts") == ("running", "ready")


async def test_stopping_a_project_cancels_its_own_build(box: Box) -> None:
    """A stop does not wait for the build that it makes needless."""
    await box.upload("asr")
    await box.reconciler.tick()

    await box.commands.stop("asr", actor="ann")
    await box.reconciler.tick()

    assert box.cluster.puts == [["asr"], []]


async def test_a_neighbour_keeps_its_replicas(box: Box) -> None:
    """Stopping, redeploying or breaking one project leaves the replicas of the other as they are."""
    await box.deploy("asr")
    await box.deploy("tts")
    before = [replica.id for replica in await box.overview.replicas("tts")]

    await box.deploy("asr", "v2")
    await box.commands.stop("asr", actor="ann")
    await box.settle()

    assert before == [replica.id for replica in await box.overview.replicas("tts")]


async def test_stop_and_start(box: Box) -> None:
    """A stopped project has no replicas and says who stopped it; a start brings it back."""
    await box.deploy("asr")

    stopped = await box.commands.stop("asr", actor="ann")
    await box.settle()
    assert (await box.operations.get(stopped.id)).state is OperationState.SUCCEEDED
    assert await box.standing("asr") == ("stopped", "stopped_by_operator")
    assert await box.overview.replicas("asr") == []

    started = await box.commands.start("asr", actor="ann")
    await box.settle()
    assert (await box.operations.get(started.id)).state is OperationState.SUCCEEDED
    assert await box.standing("asr") == ("running", "ready")


async def test_a_start_right_after_a_stop_waits_for_the_old_replicas(box: Box) -> None:
    """The application is not told again while Serve still deletes it; the start succeeds all the same."""
    await box.deploy("asr")
    await box.commands.stop("asr", actor="ann")
    await box.reconciler.tick()

    operation = await box.commands.start("asr", actor="ann")
    await box.settle()

    assert (await box.operations.get(operation.id)).state is OperationState.SUCCEEDED


async def test_restart_replaces_every_replica(box: Box) -> None:
    """Every replica afterwards is a new one; the operation ends when they are ready."""
    await box.deploy("asr")
    before = {replica.id for replica in await box.overview.replicas("asr")}

    operation = await box.commands.restart("asr", actor="ann")
    await box.settle()

    after = {replica.id for replica in await box.overview.replicas("asr")}
    assert (await box.operations.get(operation.id)).state is OperationState.SUCCEEDED
    assert (2, set()) == (len(after), before & after)


async def test_restarting_what_does_not_run_is_refused(box: Box) -> None:
    """A restart of a stopped project is a mistake; the hint says what to do."""
    await box.deploy("asr")
    await box.commands.stop("asr", actor="ann")

    with pytest.raises(Refused) as caught:
        await box.commands.restart("asr", actor="ann")

    assert (caught.value.code, caught.value.hint) == ("not_running", "Start it: aana start asr")


async def test_remove_forgets_the_project_and_its_archive(box: Box) -> None:
    """A running project is removed only with force; afterwards nothing of it is left but its events."""
    await box.deploy("asr")
    with pytest.raises(Refused) as caught:
        await box.commands.remove("asr", actor="ann")
    assert caught.value.code == "project_running"

    operation = await box.commands.remove("asr", actor="ann", force=True)
    await box.settle()

    assert (await box.operations.get(operation.id)).state is OperationState.SUCCEEDED
    assert (await box.overview.projects(), box.archives.kept) == ([], {})
    with pytest.raises(NotFound):
        await box.project("asr")


async def test_a_later_verb_supersedes_an_earlier_one(box: Box) -> None:
    """Whoever waited for the start learns that a stop came after it."""
    await box.deploy("asr")
    restart = await box.commands.restart("asr", actor="ann")

    await box.commands.stop("asr", actor="bob")

    assert (await box.operations.get(restart.id)).state is OperationState.CANCELLED


async def test_a_version_that_was_overtaken_is_refused(box: Box) -> None:
    """If-Match: an operator who looked at an older state does not act on it."""
    await box.deploy("asr")
    record = await box.store.project("asr")
    assert record is not None
    await box.commands.restart("asr", actor="bob")

    with pytest.raises(Refused) as caught:
        await box.commands.stop("asr", actor="ann", if_match=record.version)

    assert caught.value.code == "version_mismatch"


async def test_a_dead_replica_is_an_event_and_a_degraded_phase(box: Box) -> None:
    """The project is degraded until Serve's new replica is ready; restarts are counted, and ends told."""
    await box.deploy("asr")
    dead = box.cluster.kill_replica("asr", "model")

    await box.reconciler.tick()
    assert (await box.project("asr")).phase == "degraded"

    await box.settle()
    assert await box.standing("asr") == ("running", "ready")
    replicas = {replica.deployment: replica for replica in await box.overview.replicas("asr")}
    assert {name: replica.restarts for name, replica in replicas.items()} == {"ingress": 0, "model": 1}
    assert replicas["ingress"].last_exit is None
    ended = replicas["model"].last_exit
    assert ended is not None
    assert (ended.kind, ended.message) == ("unknown", "Its process is gone, and nothing says why.")
    [event] = [e for e in await box.events.list(limit=1000) if e.type == "replica.died"]
    assert event.data["replica"] == dead


async def test_after_a_cold_start_just_what_should_run_runs_again(box: Box) -> None:
    """Running projects come back, stopped ones stay stopped, failed ones stay failed."""
    await box.deploy("asr")
    await box.deploy("tts")
    await box.commands.stop("tts", actor="ann")
    await box.settle()

    box.cluster.cold_start()
    box.unit.state, box.unit.cold_starts = UnitState.STARTING, 2
    await box.reconciler.tick()
    assert await box.standing("asr") == ("pending", "cluster_starting")

    box.unit.state = UnitState.READY
    await box.settle()

    assert await box.standing("asr") == ("running", "ready")
    assert await box.standing("tts") == ("stopped", "stopped_by_operator")
    assert "cluster.restarted" in await box.event_types()


async def test_a_short_gap_of_the_cluster_is_not_shown_a_long_one_is(box: Box) -> None:
    """Running gcs_server again takes a second or two: ps goes on saying running; after five seconds it says unknown."""
    await box.deploy("asr")
    box.cluster.up = False

    await box.reconciler.tick()
    assert await box.standing("asr") == ("running", "ready")

    box.clock.advance(6)
    await box.reconciler.tick()
    assert await box.standing("asr") == ("unknown", "cluster_unreachable")

    box.cluster.up = True
    await box.reconciler.tick()
    assert await box.standing("asr") == ("running", "ready")


async def test_a_new_daemon_adopts_what_runs(box: Box) -> None:
    """A daemon that starts over the same database and cluster sends no PUT and replaces no replica."""
    await box.deploy("asr")
    before = [replica.id for replica in await box.overview.replicas("asr")]
    since = (await box.project("asr")).since
    box.cluster.puts.clear()

    again = make_box(box.store, box.cluster, box.clock)
    await again.operations.restore()
    await again.settle()

    assert before == [replica.id for replica in await again.overview.replicas("asr")]
    assert ([], since) == (again.cluster.puts, (await again.project("asr")).since)


async def test_an_operation_outlives_the_daemon(box: Box) -> None:
    """A start that a daemon did not see through is seen through by the next one."""
    await box.deploy("asr")
    await box.commands.stop("asr", actor="ann")
    await box.settle()
    operation = await box.commands.start("asr", actor="ann")

    again = make_box(box.store, box.cluster, box.clock)
    await again.operations.restore()
    await again.settle()

    assert (await again.operations.get(operation.id)).state is OperationState.SUCCEEDED


async def test_a_build_that_hangs_after_a_restart_does_not_hold_up_the_others(box: Box) -> None:
    """Nobody waits for it then, and yet it fails at its limit, because others could not be changed meanwhile."""
    await box.deploy("asr")
    box.cluster.cold_start()
    box.cluster.hanging.add("asr")
    box.unit.cold_starts = 2
    await box.settle(3)
    upload = await box.upload("tts")
    await box.settle(3)
    assert (await box.operations.get(upload.id)).state is OperationState.RUNNING

    box.clock.advance(61)
    await box.settle(8)

    assert await box.standing("asr") == ("failed", "start_timeout")
    assert (await box.operations.get(upload.id)).state is OperationState.SUCCEEDED


async def test_replicas_that_never_become_ready_fail_at_the_deadline(box: Box) -> None:
    """The deploy fails with the time it was given and what was missing; the project leaves Serve."""
    box.cluster.unready.add("asr")
    upload = await box.upload("asr")
    await box.settle(5)

    box.clock.advance(601)
    await box.settle(3)

    operation = await box.operations.get(upload.id)
    assert operation.problem is not None
    assert operation.problem.code == "start_timeout"
    assert "ingress 0 of 1, model 0 of 1" in operation.problem.message
    assert await box.standing("asr") == ("failed", "start_timeout")


async def test_a_missing_archive_fails_its_project_only(box: Box) -> None:
    """An archive that is neither on disk nor in the cluster: that project says so, the others come up."""
    await box.upload("asr")
    await box.upload("tts")
    record = await box.store.project("asr")
    assert record is not None
    revision = await box.store.revision("asr", record.revision or "")
    assert revision is not None
    box.cluster.lost_archives.add(str(box.archives.path(revision.archive)))

    await box.settle(12)

    assert await box.standing("asr") == ("failed", "archive_missing")
    assert await box.standing("tts") == ("running", "ready")


async def test_a_configuration_that_serve_refuses_is_blamed_on_its_project(box: Box) -> None:
    """Serve refuses a PUT as a whole: changes are then given one by one, so that the right project fails."""
    box.cluster.refused.add("bad")
    await box.upload("asr")
    await box.upload("bad")
    await box.upload("tts")

    await box.settle(16)

    assert await box.standing("bad") == ("failed", "deploy_failed")
    assert await box.standing("asr") == await box.standing("tts") == ("running", "ready")


async def test_applications_of_others_are_carried_over(box: Box) -> None:
    """An application that is not ours is repeated in every PUT, because leaving it out would delete it."""
    box.cluster.foreign["theirs"] = {"name": "theirs", "import_path": "their.app"}
    await box.reconciler.tick()

    await box.deploy("asr")

    assert list(box.cluster.foreign) == ["theirs"]
