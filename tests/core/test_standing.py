"""Where projects, deployments and replicas stand, from what Serve says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aanad.core.deployments import deployment_standing, replica_standing
from aanad.core.observation import Observation
from aanad.core.projects import Obstacle
from aanad.core.records import ObservedApplication, ObservedCluster, ObservedDeployment, ObservedReplica
from aanad.core.serve_config import application_config
from aanad.wire.phase import Phase, Reason
from aanad.wire.requests import RequestRules
from tests.contracts.store import NOON, PROJECT, REVISION

RUNNING = ObservedReplica("r1", "n1", "10.0.0.1", "w1", 41, "RUNNING", NOON, None)
STARTING = replace(RUNNING, id="r2", pid=42, state="STARTING")
WAITING = replace(STARTING, id="r3", node_id=None, pid=None)
RECORD = replace(PROJECT, failure=None, restarts=0, scale={}, gaps=())
CONFIG = application_config(RECORD, REVISION, RequestRules())
SHORT = Obstacle(Reason.RESOURCES_SHORT, "model needs 1 GPU.", "Stop asr.")
LOOP = Obstacle(Reason.CRASH_LOOP, "model crashed 3 times.", "aana logs asr")


def deployment(status: str, *replicas: ObservedReplica, target: int = 1, message: str = "") -> ObservedDeployment:
    """The deployment `model`."""
    return ObservedDeployment("model", status, message, target, CONFIG.archive_uri, replicas)


@pytest.mark.parametrize(
    ("found", "obstacle", "phase", "reason"),
    [
        (deployment("HEALTHY", RUNNING), None, Phase.RUNNING, Reason.READY),
        (deployment("UPDATING", STARTING), None, Phase.STARTING, Reason.REPLICAS_STARTING),
        (deployment("UPDATING", RUNNING, STARTING), None, Phase.UPDATING, Reason.REPLICAS_STARTING),
        (deployment("UPSCALING", RUNNING, WAITING, target=2), SHORT, Phase.UPDATING, Reason.RESOURCES_SHORT),
        (deployment("UPDATING", WAITING), SHORT, Phase.PENDING, Reason.RESOURCES_SHORT),
        (deployment("UNHEALTHY", STARTING), None, Phase.STARTING, Reason.REPLICA_FAILED),
        (deployment("UNHEALTHY", RUNNING, STARTING, target=2), None, Phase.DEGRADED, Reason.REPLICA_FAILED),
        (deployment("HEALTHY", RUNNING), LOOP, Phase.DEGRADED, Reason.CRASH_LOOP),
        (deployment("DEPLOY_FAILED"), None, Phase.FAILED, Reason.DEPLOY_FAILED),
        (deployment("DEPLOY_FAILED", RUNNING), None, Phase.DEGRADED, Reason.DEPLOY_FAILED),
        (deployment("SOMETHING_NEW"), None, Phase.UNKNOWN, Reason.QUEUED),
    ],
)
def test_where_a_deployment_stands(
    found: ObservedDeployment, obstacle: Obstacle | None, phase: Phase, reason: Reason
) -> None:
    """A phase with its reason; what keeps it from being ready is said with how many are."""
    standing = deployment_standing(found, obstacle, "asr")

    assert (phase, reason) == (standing.phase, standing.reason)
    if obstacle is not None:
        assert standing.message == f"{found.ready} of {found.target_replicas} replicas are ready. {obstacle.message}"
        assert standing.hint == obstacle.hint


@pytest.mark.parametrize(
    ("found", "obstacle", "phase", "reason"),
    [
        (RUNNING, LOOP, Phase.RUNNING, Reason.READY),
        (STARTING, None, Phase.STARTING, Reason.REPLICAS_STARTING),
        (STARTING, LOOP, Phase.STARTING, Reason.CRASH_LOOP),
        (STARTING, SHORT, Phase.STARTING, Reason.REPLICAS_STARTING),
        (WAITING, None, Phase.PENDING, Reason.QUEUED),
        (WAITING, SHORT, Phase.PENDING, Reason.RESOURCES_SHORT),
        (replace(RUNNING, state="STOPPING"), None, Phase.STOPPING, Reason.DRAINING),
        (replace(RUNNING, state="UPDATING"), None, Phase.UPDATING, Reason.REPLICAS_STARTING),
        (replace(RUNNING, state="SOMETHING_NEW"), None, Phase.UNKNOWN, Reason.QUEUED),
    ],
)
def test_where_a_replica_stands(
    found: ObservedReplica, obstacle: Obstacle | None, phase: Phase, reason: Reason
) -> None:
    """One with a process starts, one without waits; a shortage is the matter of those that wait."""
    standing = replica_standing(found, obstacle)

    assert (phase, reason) == (standing.phase, standing.reason)


def seen(*found: ObservedDeployment, status: str = "RUNNING") -> ObservedCluster:
    """One reading of the project asr."""
    app = ObservedApplication("asr", status, "", CONFIG, {}, {each.name: each for each in found})
    return ObservedCluster(serve_runs=True, applications={"asr": app})


def test_serve_adjusting_numbers_to_the_load_is_no_trouble() -> None:
    """Up or down, with everything else healthy: the project is updating, not degraded, and nothing died."""
    observation = Observation(wanted={"asr": CONFIG})
    observation.take(seen(deployment("HEALTHY", RUNNING)), NOON)
    observation.view = replace(observation.view, reachable=True)

    up = observation.take(seen(deployment("UPSCALING", RUNNING, STARTING, target=2), status="DEPLOYING"), NOON)
    standing = observation.standing(replace(RECORD, good=None))
    stopping = replace(STARTING, state="STOPPING")
    down = observation.take(seen(deployment("DOWNSCALING", RUNNING, stopping), status="DEPLOYING"), NOON)
    gone = observation.take(seen(deployment("HEALTHY", RUNNING)), NOON)

    assert (Phase.UPDATING, [], [], []) == (standing.phase, up, down, gone)


def test_a_replica_that_vanishes_is_a_death_and_one_that_was_asked_to_end_is_not() -> None:
    """Of two replicas one dies, or one is ended because only one is wanted."""
    two = deployment("HEALTHY", RUNNING, replace(RUNNING, id="r2", pid=42), target=2)
    died, shrunk = Observation(wanted={"asr": CONFIG}), Observation(wanted={"asr": CONFIG})
    for observation in (died, shrunk):
        observation.take(seen(two), NOON)

    deaths = died.take(seen(deployment("UNHEALTHY", RUNNING, target=2), status="DEPLOYING"), NOON)
    shrunk.take(seen(replace(two, target_replicas=1)), NOON)
    none = shrunk.take(seen(deployment("HEALTHY", RUNNING)), NOON)

    assert [("r2", True)] == [(death.replica, death.was_ready) for death in deaths]
    assert none == []


def test_a_standing_follows_everything_that_it_is_made_of() -> None:
    """Kept while nothing changes, never longer: not over another wish, reading or obstacle, nor a lost cluster."""
    observation = Observation(wanted={"asr": CONFIG})
    observation.view = replace(observation.view, reachable=True, starting=False)
    record = replace(RECORD, desired="running", good=None)
    observation.take(seen(deployment("HEALTHY", RUNNING)), NOON)
    running = observation.standing(record)

    assert observation.standing(replace(record)) is running
    assert observation.standing(replace(record, desired="stopped")).phase != running.phase
    assert observation.standing(record) == running
    observation.waiting["asr"] = SHORT
    observation.take(seen(deployment("UPDATING", WAITING), status="DEPLOYING"), NOON)
    assert observation.standing(record).reason == Reason.RESOURCES_SHORT
    observation.waiting.clear()
    observation.take(seen(deployment("UNHEALTHY", STARTING), status="UNHEALTHY"), NOON)
    assert observation.standing(record).reason == Reason.REPLICA_FAILED
    observation.view = replace(observation.view, reachable=False)
    assert observation.standing(record).phase == Phase.UNKNOWN


def test_since_is_when_a_standing_began() -> None:
    """It stays while phase and reason do, and is forgotten with the replica."""
    observation = Observation(wanted={"asr": CONFIG})
    later = NOON.replace(hour=13)
    first = replica_standing(RUNNING, None)

    began = observation.since(("asr", "model", "r1"), first, NOON)
    same = observation.since(("asr", "model", "r1"), first, later)
    other = observation.since(("asr", "model", "r1"), replica_standing(STARTING, None), later)

    assert (NOON, NOON, later) == (began, same, other)


def test_replicas_that_serve_hides_while_it_builds_are_shown() -> None:
    """A rebuild lists no deployments though the old ones serve: the project is updating, with its replicas."""
    observation = Observation(wanted={"asr": CONFIG})
    observation.take(seen(deployment("HEALTHY", RUNNING)), NOON)
    observation.view = replace(observation.view, reachable=True)

    deaths = observation.take(seen(status="DEPLOYING"), NOON)
    app = observation.application("asr")

    assert app is not None
    assert ([], 1, True, False) == (deaths, app.ready, app.serves, app.is_built)
    standing = observation.standing(replace(RECORD, good=None))
    assert (Phase.UPDATING, Reason.BUILDING) == (standing.phase, standing.reason)
