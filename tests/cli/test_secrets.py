"""aana secret: values come in by standard input, and are seen nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aanad.wire.operations import OperationKind, OperationState
from aanad.wire.problems import Problem
from aanad.wire.secrets import MAX_SECRET_BYTES, Secret, SecretChange
from tests.client.fake_daemon import detail, operation

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon

SET = "PUT /v1/projects/lowercase/secrets/KEY"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (b"hunter2\n", b"hunter2"),
        (b"hunter2", b"hunter2"),
        (b"two\n\n", b"two\n"),
        (b"a\nb\r\n", b"a\nb\r"),
        (b" gr\xc3\xbcn ", b" gr\xc3\xbcn "),
        (b"x" * MAX_SECRET_BYTES + b"\n", b"x" * MAX_SECRET_BYTES),
    ],
)
def test_the_value_is_standard_input_without_one_line_break(
    run: Run, daemon: FakeDaemon, given: bytes, sent: bytes
) -> None:
    """What `echo` adds is taken off, and nothing else; it is shown nowhere."""
    daemon.on(SET, SecretChange(name="KEY"))
    daemon.on("GET /v1/projects/lowercase", detail(desired="stopped", phase="stopped"))

    result = run("secret", "set", "lowercase", "KEY", stdin=given)

    assert result.exit_code == 0
    assert daemon.requests[0].content == sent
    assert result.output == "KEY is set; lowercase is stopped, revision 0123456789ab\n"


def test_on_a_terminal_the_value_is_asked_for(run: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without showing what is typed; the question does not mix with the output."""
    monkeypatch.setattr("aanad.cli.secrets.is_asked", lambda: True)
    daemon.on(SET, SecretChange(name="KEY"))
    daemon.on("GET /v1/projects/lowercase", detail())

    result = run("secret", "set", "lowercase", "KEY", "-o", "json", stdin="hunter2\n")

    assert daemon.requests[0].content == b"hunter2"
    assert "Value of KEY" in result.stderr
    assert "hunter2" not in result.output
    assert json.loads(result.stdout) == {"name": "KEY", "operation": None}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"", "empty_secret"),
        (b"\n", "empty_secret"),
        (b"hunter2" * 10_000, "secret_too_large"),
        (b"hunter2\xff", "invalid_secret"),
    ],
)
def test_a_value_that_cannot_be_one_is_refused_unseen(run: Run, daemon: FakeDaemon, given: bytes, code: str) -> None:
    """Exit code 2, one sentence without the value; the daemon is not asked."""
    result = run("secret", "set", "lowercase", "KEY", "-o", "json", stdin=given)

    assert result.exit_code == 2
    assert json.loads(result.stderr)["code"] == code
    assert "hunter2" not in result.output
    assert daemon.requests == []


def test_nothing_typed_is_refused(run: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty answer is no value, and is not asked for again."""
    monkeypatch.setattr("aanad.cli.secrets.is_asked", lambda: True)

    result = run("secret", "set", "lowercase", "KEY", stdin="\n")

    assert result.exit_code == 2
    assert "`aana secret rm lowercase KEY`" in result.stderr
    assert daemon.requests == []


def test_a_bad_name_is_told_before_the_value_is_read(
    run: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody types a password for nothing."""
    monkeypatch.setattr("aanad.cli.secrets._read_value", lambda *_: pytest.fail("the value was read"))

    result = run("secret", "set", "lowercase", "my-key", "-o", "json")

    assert result.exit_code == 2
    assert json.loads(result.stderr)["code"] == "invalid_secret_name"
    assert daemon.requests == []


def test_the_replicas_of_a_running_project_are_waited_for(run: Run, daemon: FakeDaemon) -> None:
    """They are replaced, so that they get the value; with JSON the change carries the operation as it ended."""
    pending = operation(OperationState.PENDING, kind=OperationKind.CONFIGURE)
    ended = operation(kind=OperationKind.CONFIGURE)
    daemon.on(SET, SecretChange(name="KEY", operation=pending))
    daemon.on("GET /v1/operations/op-1", ended)
    daemon.on("GET /v1/projects/lowercase", detail())

    people = run("secret", "set", "lowercase", "KEY", stdin="x")
    program = run("secret", "set", "lowercase", "KEY", "-o", "json", stdin="x")

    assert people.stdout.startswith("KEY is set; lowercase is running")
    assert SecretChange.model_validate_json(program.stdout) == SecretChange(name="KEY", operation=ended)


def test_replicas_that_do_not_come_back_are_a_failure(run: Run, daemon: FakeDaemon) -> None:
    """Exit code 1 and why: the secret is kept, and the project says how it is."""
    problem = Problem(title="t", status=409, code="deploy_failed", message="No replica came up.")
    failed = operation(OperationState.FAILED, kind=OperationKind.CONFIGURE, problem=problem)
    daemon.on(SET, SecretChange(name="KEY", operation=failed))

    result = run("secret", "set", "lowercase", "KEY", stdin="x")

    assert (result.exit_code, result.stderr) == (1, "error: No replica came up.\n")


def test_secrets_are_listed_by_name(run: Run, daemon: FakeDaemon) -> None:
    """Only names; where there are none, how to set one."""
    daemon.on("GET /v1/projects/lowercase/secrets", [Secret(name="KEY"), Secret(name="TOKEN")])
    daemon.on("GET /v1/projects/other/secrets", [])

    assert run("secret", "list", "lowercase").stdout.splitlines() == ["NAME", "KEY", "TOKEN"]
    assert json.loads(run("secret", "list", "lowercase", "-o", "json").stdout) == [{"name": "KEY"}, {"name": "TOKEN"}]
    assert "aana secret set other NAME" in run("secret", "list", "other").stderr


def test_a_secret_is_removed(run: Run, daemon: FakeDaemon) -> None:
    """And one that is not there is not found."""
    daemon.on("DELETE /v1/projects/lowercase/secrets/KEY", SecretChange(name="KEY"))
    daemon.refuse("DELETE /v1/projects/lowercase/secrets/OLD", 404, "secret_not_found", "There is no secret OLD.")
    daemon.on("GET /v1/projects/lowercase", detail())

    assert run("secret", "rm", "lowercase", "KEY").stdout.startswith("KEY is removed; lowercase is running")
    assert run("secret", "rm", "lowercase", "OLD").exit_code == 3
