"""The simulated box, asked by the real client."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from typing import Any

import httpx
import pytest

from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.transport import ROUTES, SimulatedTransport
from aanad.api.app import create_app
from aanad.api.services import Services
from aanad.client import Client
from aanad.client.packing import Archive
from aanad.client.watch import Watched
from aanad.errors import AanaError, DaemonUnavailable, NotFound, Refused
from aanad.wire.access import ROLE_HEADER, Role
from aanad.wire.operations import Operation, OperationState
from aanad.wire.phase import Phase
from aanad.wire.problems import Problem
from aanad.wire.projects import Scale, ScaleRequest
from aanad.wire.watch import WatchSnapshot


@pytest.fixture
def client(box: SimulatedBox) -> Client:
    """A client of the box."""
    return Client("unix:///demo", transport=SimulatedTransport(box))


def after(box: SimulatedBox, client: Client, operation: Operation, seconds: int = 300) -> Operation:
    """Let simulated time pass until an operation is final."""
    for _ in range(seconds):
        operation = client.operation(operation.id)
        if operation.state.is_final:
            return operation
        box.tick()
    raise AssertionError(f"it is not final: {operation}")


def test_it_has_what_a_busy_box_has(box: SimulatedBox, client: Client) -> None:
    """Eight GPUs, twelve projects in all phases that an operator meets, sixty replicas."""
    projects = client.projects()

    assert len(box.items("gpus")) == 8
    assert len(projects) == 12
    assert len(client.replicas()) == 60
    assert {project.phase for project in projects} == {
        Phase.RUNNING, Phase.STARTING, Phase.FAILED, Phase.STOPPED, Phase.DEGRADED,
    }  # fmt: skip
    failed = client.project("stablediffusion2")
    assert failed.reason
    assert failed.hint
    assert failed.evidence


def test_the_same_seed_and_the_same_seconds_give_the_same_box() -> None:
    """So that pictures and counts of bytes are the same in each run."""
    boxes = [SimulatedBox(seed=7), SimulatedBox(seed=7)]
    for box in boxes:
        for _ in range(30):
            box.tick()

    assert boxes[0].snapshot() == boxes[1].snapshot()
    assert SimulatedBox(seed=8).snapshot().state != boxes[0].snapshot().state


def test_every_route_is_one_of_the_real_daemon() -> None:
    """The console is tried on nothing that a daemon would not answer."""
    nothing: dict[str, Any] = {field.name: None for field in dataclasses.fields(Services)}
    real = create_app(Services(**nothing)).openapi()["paths"]

    unknown = {route.template for route in ROUTES if route.method.lower() not in real.get(route.template, {})}
    assert unknown - {"/v1/access"} == set()


def test_what_is_read_can_be_read_by_the_real_client(client: Client) -> None:
    """Each answer is a model of the wire."""
    for project in client.projects():
        detail = client.project(project.name)
        assert detail.model_dump(include=set(type(project).model_fields)) == project.model_dump()
        assert client.revisions(project.name)[0].id == project.revision
        assert client.diff(project.name).after == project.revision
        assert {replica.project for replica in client.replicas(project.name)} <= {project.name}
        assert [secret.name for secret in client.secrets(project.name)] == detail.secrets
        assert all(stats.project == project.name for stats in client.requests(project.name))
    assert client.health().status == "ok"
    assert client.status().projects == 12
    assert client.version().api_versions == ["v1"]
    assert client.access().role is Role.OPERATOR
    assert client.operations()[0].project == "llama2"
    with pytest.raises(NotFound):
        client.project("nobody")


def test_a_project_is_stopped_and_started(box: SimulatedBox, client: Client) -> None:
    """The operation goes on step by step, and the project and its replicas with it."""
    operation = client.stop("whisper")
    assert operation.state is OperationState.RUNNING
    assert client.project("whisper").phase is Phase.STOPPING
    assert after(box, client, operation).state is OperationState.SUCCEEDED
    assert client.project("whisper").phase is Phase.STOPPED
    assert client.replicas("whisper") == []

    operation = client.start("whisper")
    box.tick()
    assert client.project("whisper").phase is Phase.STARTING
    done = after(box, client, operation)
    assert [step.state for step in done.steps] == [OperationState.SUCCEEDED] * 2
    assert client.project("whisper").phase is Phase.RUNNING
    assert client.project("whisper").ready == 9


def test_a_restart_replaces_each_replica_while_others_serve(box: SimulatedBox, client: Client) -> None:
    """No id is left of those that ran before, and never fewer were ready."""
    before = {replica.id for replica in client.replicas("asr")}
    operation = client.restart("asr")
    while not client.operation(operation.id).state.is_final:
        assert client.project("asr").ready >= 6
        box.tick()

    assert not before & {replica.id for replica in client.replicas("asr")}


def test_a_scale_changes_the_number_of_replicas(box: SimulatedBox, client: Client) -> None:
    """Up and down, as a plan said before."""
    more = ScaleRequest(deployments={"asr": Scale(replicas=9)})
    plan = client.plan("whisper", "scale", scale=more)
    assert [step.replicas_after for step in plan.steps if step.deployment == "asr"] == [9]
    after(box, client, client.scale("whisper", more))
    assert client.project("whisper").ready == 11

    after(box, client, client.scale("whisper", ScaleRequest(deployments={"asr": Scale(replicas=2)})))
    assert client.project("whisper").ready == 4
    after(box, client, client.scale("whisper", ScaleRequest(deployments={"asr": None})))
    assert client.project("whisper").ready == 9


def test_the_failed_project_fails_again_and_a_rollback_heals_it(box: SimulatedBox, client: Client) -> None:
    """Undo is what an operator tries first."""
    failed = after(box, client, client.start("stablediffusion2"))
    assert failed.state is OperationState.FAILED
    assert failed.problem is not None
    assert client.project("stablediffusion2").phase is Phase.FAILED

    good = client.plan("stablediffusion2", "rollback").revision_after
    after(box, client, client.rollback("stablediffusion2"))
    healed = client.project("stablediffusion2")
    assert (healed.phase, healed.revision) == (Phase.RUNNING, good)


def test_a_deploy_makes_a_revision_and_a_project(box: SimulatedBox, client: Client) -> None:
    """As `aana deploy` does."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "")
    operation = client.deploy(Archive("fresh", packed.getvalue(), None, None, 1))
    assert after(box, client, operation).revision == client.project("fresh").revision
    assert client.project("fresh").phase is Phase.RUNNING

    after(box, client, client.remove("fresh", force=True))
    with pytest.raises(NotFound):
        client.project("fresh")


def test_a_cancelled_start_leaves_the_project_stopped(client: Client) -> None:
    """What was still loading ends."""
    (operation,) = client.operations("llama2")

    assert client.cancel(operation.id).state is OperationState.CANCELLED
    assert client.project("llama2").phase is Phase.STOPPED
    with pytest.raises(Refused, match="already"):
        client.cancel(operation.id)


def test_a_change_is_refused_where_somebody_else_was_faster(client: Client) -> None:
    """The version on the screen goes along, and must still be the project's."""
    etag = client.project("whisper").etag
    client.restart("whisper", expected_version=etag)

    with pytest.raises(Refused) as refused:
        client.stop("whisper", expected_version=etag)
    assert refused.value.code == "version_mismatch"


def test_the_same_key_begins_one_operation(client: Client) -> None:
    """However often it is sent."""
    first = client.stop("whisper", idempotency_key="k")

    assert client.stop("whisper", idempotency_key="k").id == first.id
    with pytest.raises(AanaError, match="another request"):
        client.start("whisper", idempotency_key="k")


def test_a_viewer_reads_and_changes_nothing(box: SimulatedBox, client: Client) -> None:
    """The daemon refuses, whatever the client thinks."""
    box.role = Role.VIEWER

    assert client.plan("whisper", "stop").steps
    with pytest.raises(Refused) as refused:
        client.stop("whisper")
    assert refused.value.code == "forbidden"
    assert client.project("whisper").phase is Phase.RUNNING


def test_a_client_can_ask_for_less_than_it_may(box: SimulatedBox) -> None:
    """By a header, as at a real daemon."""
    with httpx.Client(
        transport=SimulatedTransport(box), base_url="http://demo", headers={ROLE_HEADER: "viewer"}
    ) as raw:
        assert raw.post("/v1/projects/whisper/stop").status_code == 403
        assert raw.get("/v1/access").json() == {"actor": "you", "role": "viewer", "granted": "operator"}


def test_the_watch_tells_every_change_and_is_taken_up_again(box: SimulatedBox, client: Client) -> None:
    """Snapshot and deltas together are what the box has; a link that was cut goes on where it was."""
    watched, links = Watched(), []
    changes = client.watch(on_link=links.append)
    watched.apply(next(changes))
    for _ in range(3):
        box.tick()
    while watched.cursor != box.cursor:
        watched.apply(next(changes))
    assert watched.state == box.snapshot().state

    box.link_down()
    box.link_up()
    box.tick()
    kinds = []
    while watched.cursor != box.cursor:
        change = next(changes)
        kinds.append(type(change))
        watched.apply(change)
    assert watched.state == box.snapshot().state
    assert WatchSnapshot not in kinds
    assert [error is None for error in links] == [True, False, True]


def test_faults_and_requests_are_at_hand_for_tests(box: SimulatedBox, client: Client) -> None:
    """A link that is down, an answer that is a problem, and what was asked."""
    box.link_down()
    with pytest.raises(DaemonUnavailable):
        client.projects()
    box.link_up()

    problem = Problem(title="Teapot", status=409, code="teapot", message="It is a teapot.", hint="Take a pot.")
    box.faults.answer_next("POST", "/v1/projects/.*/stop", problem)
    with pytest.raises(Refused, match="teapot"):
        client.stop("whisper")
    client.stop("whisper", expected_version="*")
    assert box.requests[-1].path == "/v1/projects/whisper/stop"
    assert box.requests[-1].headers["if-match"] == "*"


def test_an_hour_passes_and_the_box_is_as_large_as_before(box: SimulatedBox) -> None:
    """Nothing piles up: not operations, nor events, nor replicas."""
    for _ in range(760):
        box.tick()

    assert len(box.items("events")) <= 100
    assert len(box.items("replicas")) == 60
    assert box.items("operations") == {}
