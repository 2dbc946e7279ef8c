"""operations, cancel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aanad.wire.operations import OperationKind, OperationState, Step
from aanad.wire.problems import Problem
from tests.client.fake_daemon import detail, operation

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon

CANCELLED = operation(OperationState.CANCELLED)


def test_operations_are_listed_with_where_they_stand(run: Run, daemon: FakeDaemon) -> None:
    """The step that is under way with its count, or the one it failed at with why."""
    steps = [Step(name="build", state=OperationState.SUCCEEDED)]
    running = operation(
        OperationState.RUNNING,
        steps=[*steps, Step(name="replicas", state=OperationState.RUNNING, done=1, total=2, message="loading")],
    )
    failed = operation(
        OperationState.FAILED,
        kind=OperationKind.SCALE,
        id="op-0",
        steps=[Step(name="replicas", state=OperationState.FAILED)],
        problem=Problem(title="t", status=409, code="resources_short", message="A GPU is short."),
    )
    daemon.on("GET /v1/operations", [running, failed, operation(id="op-x", steps=steps)])

    lines = run("operations", "lowercase").stdout.splitlines()

    assert lines[0].split() == ["ID", "KIND", "PROJECT", "STATE", "STEP", "ACTOR", "AGE", "MESSAGE"]
    assert lines[1].split()[:7] == ["op-1", "deploy", "lowercase", "running", "replicas", "1/2", "root"]
    assert lines[1].endswith("  loading")
    assert lines[2].split()[:6] == ["op-0", "scale", "lowercase", "failed", "replicas", "root"]
    assert lines[2].endswith("  A GPU is short.")
    assert lines[3].split()[4] == "-"
    assert daemon.seen() == ["GET /v1/operations?project=lowercase&limit=20"]


def test_operations_as_json_are_whole(run: Run, daemon: FakeDaemon) -> None:
    """A program sees whether one can be cancelled, and each step's count."""
    step = Step(name="replicas", state=OperationState.RUNNING, done=1, total=2)
    daemon.on("GET /v1/operations", [operation(OperationState.RUNNING, cancellable=True, steps=[step])])

    [listed] = json.loads(run("operations", "-o", "json").stdout)

    assert listed["cancellable"] is True
    assert (listed["steps"][0]["done"], listed["steps"][0]["total"]) == (1, 2)


def test_no_operations_is_said(run: Run, daemon: FakeDaemon) -> None:
    """On standard error."""
    daemon.on("GET /v1/operations", [])

    assert run("operations", "lowercase").stderr == "lowercase has no operations.\n"


def test_cancel_waits_until_what_ran_before_is_back(run: Run, daemon: FakeDaemon) -> None:
    """That it is cancelled is success: exit code 0, and how the project stands."""
    daemon.on("GET /v1/operations/op-1", operation(OperationState.RUNNING, cancellable=True))
    daemon.on("POST /v1/operations/op-1/cancel", operation(OperationState.RUNNING))
    daemon.on("GET /v1/operations/op-1", CANCELLED)
    daemon.on("GET /v1/projects/lowercase", detail())

    result = run("cancel", "op-1")

    assert result.exit_code == 0
    assert result.stdout == (
        "deploy of lowercase is cancelled; "
        "lowercase is running, revision 0123456789ab, at http://127.0.0.1:8000/lowercase\n"
    )


def test_cancel_takes_a_projects_name(run: Run, daemon: FakeDaemon) -> None:
    """It stands for the project's unfinished operation."""
    daemon.refuse("GET /v1/operations/lowercase", 404, "operation_not_found", "There is no operation lowercase.")
    daemon.on("GET /v1/projects/lowercase", detail())
    daemon.on("GET /v1/operations", [operation(OperationState.RUNNING, id="op-7"), operation(id="op-6")])
    daemon.on("POST /v1/operations/op-7/cancel", CANCELLED)

    assert run("cancel", "lowercase").exit_code == 0
    assert "GET /v1/operations?project=lowercase" in daemon.seen()


def test_where_nothing_is_under_way_there_is_nothing_to_cancel(run: Run, daemon: FakeDaemon) -> None:
    """Exit code 3 and a sentence, for a project at rest and for a name that nothing has."""
    for name in ("lowercase", "nothing"):
        daemon.refuse(f"GET /v1/operations/{name}", 404, "operation_not_found", "There is no such operation.")
    daemon.refuse("GET /v1/projects/nothing", 404, "project_not_found", "There is no project nothing.")
    daemon.on("GET /v1/projects/lowercase", detail())
    daemon.on("GET /v1/operations", [operation()])

    at_rest, unknown = run("cancel", "lowercase"), run("cancel", "nothing")

    assert (at_rest.exit_code, unknown.exit_code) == (3, 3)
    assert at_rest.stderr.startswith("error: lowercase has no unfinished operation.\nhint: ")
    assert unknown.stderr.startswith("error: There is no operation and no project nothing.\nhint: ")


def test_an_operation_that_was_quicker_is_told(run: Run, daemon: FakeDaemon) -> None:
    """It is done and nothing was taken back: exit code 1, and how to go back."""
    daemon.on("GET /v1/operations/op-1", operation(OperationState.RUNNING))
    daemon.on("POST /v1/operations/op-1/cancel", operation())

    result = run("cancel", "op-1")

    assert result.exit_code == 1
    assert result.stderr.startswith("error: The deploy of lowercase was done before it could be cancelled.\nhint: ")


def test_what_cannot_be_cancelled_is_refused(run: Run, daemon: FakeDaemon) -> None:
    """Exit code 4, in the daemon's words."""
    daemon.on("GET /v1/operations/op-1", operation(OperationState.RUNNING, kind=OperationKind.STOP))
    daemon.refuse("POST /v1/operations/op-1/cancel", 409, "not_cancellable", "A stop cannot be cancelled.")

    assert run("cancel", "op-1").exit_code == 4


def test_cancel_can_leave_at_once(run: Run, daemon: FakeDaemon) -> None:
    """`--detach` as with every verb that waits."""
    daemon.on("GET /v1/operations/op-1", operation(OperationState.RUNNING))
    daemon.on("POST /v1/operations/op-1/cancel", operation(OperationState.RUNNING))

    assert run("cancel", "op-1", "--detach").exit_code == 0
    assert len(daemon.requests) == 2
