"""ps, start, stop, restart, rm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aanad.client import Client
from aanad.wire.operations import OperationKind, OperationState, Step
from aanad.wire.phase import Phase
from aanad.wire.problems import Problem
from tests.client.fake_daemon import detail, operation, project

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon


def test_ps_is_a_table(run: Run, daemon: FakeDaemon) -> None:
    """One line a project, columns aligned, the hint after the message of one that does not run."""
    daemon.on(
        "GET /v1/projects",
        [
            project(),
            project("broken", Phase.FAILED, reason="import_error", message="No module x.", hint="Install x.", ready=0),
        ],
    )

    lines = run("ps").stdout.splitlines()

    assert lines[0].split() == ["NAME", "PHASE", "READY", "REVISION", "ROUTE", "SINCE", "REASON", "MESSAGE"]
    assert lines[1].split()[:5] == ["lowercase", "running", "2/2", "0123456789ab", "/lowercase"]
    assert lines[2].endswith("import_error  No module x. Install x.")
    assert lines[0].index("PHASE") == lines[1].index("running") == lines[2].index("failed")


def test_ps_json_has_the_keys_that_scripts_rely_on(run: Run, daemon: FakeDaemon) -> None:
    """Exactly these, in this order."""
    daemon.on("GET /v1/projects", [project()])

    listed = json.loads(run("ps", "-o", "json").stdout)

    assert list(listed[0]) == [
        "name",
        "phase",
        "reason",
        "message",
        "hint",
        "since",
        "desired",
        "revision",
        "route_prefix",
        "ready",
        "replicas",
        "endpoints",
        "etag",
    ]
    assert listed[0]["since"] == "2026-01-02T03:04:05Z"
    assert listed[0]["endpoints"] == [{"name": "lowercase", "path": "/lowercase"}]


def test_ps_without_projects_says_how_to_begin(run: Run, daemon: FakeDaemon) -> None:
    """Nothing on standard output, a hint on standard error."""
    daemon.on("GET /v1/projects", [])

    result = run("ps")

    assert (result.stdout, result.exit_code) == ("", 0)
    assert "aana deploy" in result.stderr


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_a_verb_waits_and_says_how_the_project_stands(run: Run, daemon: FakeDaemon, verb: str) -> None:
    """Steps on standard error as they happen, the outcome on standard output."""
    kind = OperationKind(verb)
    running = Step(name="replicas", state=OperationState.RUNNING, done=1, total=2, message="pulling weights")
    daemon.on(f"POST /v1/projects/lowercase/{verb}", operation(OperationState.PENDING, kind=kind), status=202)
    daemon.on("GET /v1/operations/op-1", operation(OperationState.RUNNING, kind=kind, steps=[running]))
    daemon.on("GET /v1/operations/op-1", operation(kind=kind))
    daemon.on("GET /v1/projects/lowercase", detail())

    result = run(verb, "lowercase")

    assert result.exit_code == 0
    assert result.stderr == f"{verb} lowercase: replicas running 1/2: pulling weights\n"
    assert result.stdout == "lowercase is running, revision 0123456789ab, at http://127.0.0.1:8000/lowercase\n"


def test_a_failed_operation_shows_its_evidence(run: Run, daemon: FakeDaemon) -> None:
    """Exit code 1; the last lines of the traceback, the sentence, the hint."""
    problem = Problem(
        title="Failed",
        status=409,
        code="replica_failed",
        message="No replica came up.",
        hint="See `aana logs lowercase`.",
        detail="\n".join(f"line {number}" for number in range(30)),
    )
    daemon.on("POST /v1/projects/lowercase/start", operation(OperationState.FAILED, problem=problem))

    result = run("start", "lowercase")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines()[-3:] == [
        "  line 29",
        "error: No replica came up.",
        "hint: See `aana logs lowercase`.",
    ]
    assert "line 14" not in result.stderr


def test_with_json_a_verb_prints_the_operation(run: Run, daemon: FakeDaemon) -> None:
    """The final operation on standard output, and the problem alone on standard error."""
    problem = Problem(title="Failed", status=500, code="replica_failed", message="No.")
    steps = [Step(name="build", state=OperationState.FAILED)]
    daemon.on("POST /v1/projects/lowercase/start", operation(OperationState.FAILED, problem=problem, steps=steps))

    result = run("start", "lowercase", "-o", "json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["state"] == "failed"
    assert json.loads(result.stderr)["code"] == "replica_failed"


def test_detach_does_not_wait(run: Run, daemon: FakeDaemon) -> None:
    """It prints the operation's id and leaves."""
    daemon.on("POST /v1/projects/lowercase/stop", operation(OperationState.RUNNING, kind=OperationKind.STOP))

    result = run("stop", "lowercase", "--detach")

    assert (result.exit_code, result.stdout) == (0, "stop of lowercase: under way, operation op-1\n")
    assert daemon.seen() == ["POST /v1/projects/lowercase/stop"]


def test_a_timeout_ends_only_the_waiting(run: Run, daemon: FakeDaemon) -> None:
    """Exit code 5; the sentence says that it goes on."""
    daemon.on("POST /v1/projects/lowercase/start", operation(OperationState.RUNNING, kind=OperationKind.START))
    daemon.on("GET /v1/operations/op-1", operation(OperationState.RUNNING, kind=OperationKind.START))

    result = run("start", "lowercase", "--timeout", "0.05")

    assert result.exit_code == 5
    assert result.stderr.startswith("error: The start of lowercase has not finished within 0.05 s.\nhint: It goes on")


def test_detach_and_timeout_contradict_each_other(run: Run, daemon: FakeDaemon) -> None:
    """Refused before anything is asked of the daemon."""
    assert run("start", "lowercase", "--detach", "--timeout", "3").exit_code == 2
    assert daemon.requests == []


def test_ctrl_c_says_that_it_goes_on(run: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """130, as shells have it, and how to follow what goes on."""
    daemon.on("POST /v1/projects/lowercase/start", operation(OperationState.RUNNING, kind=OperationKind.START))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "operation", interrupted)
    result = run("start", "lowercase")

    assert result.exit_code == 130
    assert "The start of lowercase goes on in the daemon." in result.stderr
    assert "aana events -f" in result.stderr
    assert "aana cancel" not in result.stderr


def test_a_project_that_somebody_removed_meanwhile_is_no_failure(run: Run, daemon: FakeDaemon) -> None:
    """What was asked for is done; that the project has gone since is said."""
    daemon.on("POST /v1/projects/lowercase/stop", operation(kind=OperationKind.STOP))
    daemon.refuse("GET /v1/projects/lowercase", 404, "project_not_found", "There is no project lowercase.")

    result = run("stop", "lowercase")

    assert (result.exit_code, result.stdout) == (0, "lowercase is not there any more\n")


def test_rm_needs_force_for_a_running_project(run: Run, daemon: FakeDaemon) -> None:
    """Without it the daemon refuses, with it the project goes."""
    daemon.refuse("DELETE /v1/projects/lowercase", 409, "project_running", "lowercase is running.", "Stop it.")
    daemon.on("DELETE /v1/projects/lowercase", operation(kind=OperationKind.REMOVE))

    assert run("rm", "lowercase").exit_code == 4
    assert run("rm", "lowercase", "--force").stdout == "lowercase is removed\n"
    assert daemon.seen() == [
        "DELETE /v1/projects/lowercase?force=false",
        "DELETE /v1/projects/lowercase?force=true",
    ]
