"""Changing something through the client: once, however often it is sent, and only what the caller saw."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from aanad.client import Archive, Client
from aanad.errors import DaemonUnavailable, InvalidInput, NotFound, Refused
from aanad.wire.diff import FileDiff, RevisionDiff
from aanad.wire.operations import OperationKind, OperationState
from aanad.wire.plan import Plan
from aanad.wire.projects import Scale, ScaleRequest
from aanad.wire.secrets import Secret, SecretChange
from tests.client.fake_daemon import FakeDaemon, operation

ARCHIVE = Archive("lowercase", b"zip", "app:aana_app", None, 1)
SCALE = ScaleRequest(deployments={"model": Scale(replicas=2), "other": None})
CHANGES: dict[str, tuple[str, Callable[..., Any]]] = {
    "deploy": ("POST /v1/projects/lowercase/revisions", lambda client, **given: client.deploy(ARCHIVE, **given)),
    "start": ("POST /v1/projects/lowercase/start", lambda client, **given: client.start("lowercase", **given)),
    "stop": ("POST /v1/projects/lowercase/stop", lambda client, **given: client.stop("lowercase", **given)),
    "restart": ("POST /v1/projects/lowercase/restart", lambda client, **given: client.restart("lowercase", **given)),
    "remove": ("DELETE /v1/projects/lowercase", lambda client, **given: client.remove("lowercase", **given)),
    "rollback": ("POST /v1/projects/lowercase/rollback", lambda client, **given: client.rollback("lowercase", **given)),
    "scale": ("POST /v1/projects/lowercase/scale", lambda client, **given: client.scale("lowercase", SCALE, **given)),
    "set_secret": (
        "PUT /v1/projects/lowercase/secrets/KEY",
        lambda client, **given: client.set_secret("lowercase", "KEY", "value", **given),
    ),
    "remove_secret": (
        "DELETE /v1/projects/lowercase/secrets/KEY",
        lambda client, **given: client.remove_secret("lowercase", "KEY", **given),
    ),
    "cancel": ("POST /v1/operations/op-1/cancel", lambda client, **given: client.cancel("op-1", **given)),
}


@pytest.fixture
def daemon() -> FakeDaemon:
    daemon = FakeDaemon()
    for name, (route, _) in CHANGES.items():
        daemon.on(route, SecretChange(name="KEY") if "secret" in name else operation(), status=202)
    return daemon


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_whose_answer_was_lost_is_sent_again_under_its_key(daemon: FakeDaemon, name: str) -> None:
    """A connection that breaks is no reason to change something twice, nor to leave the caller in doubt."""
    daemon.breaks = 1

    with daemon.client() as client:
        CHANGES[name][1](client)
        CHANGES[name][1](client)

    keys = [request.headers["idempotency-key"] for request in daemon.requests]
    assert keys[0] == keys[1]
    assert keys[1] != keys[2]
    assert daemon.requests[0].content == daemon.requests[1].content


@pytest.mark.parametrize("name", CHANGES)
def test_a_key_of_the_callers_own_is_sent_as_it_is(daemon: FakeDaemon, name: str) -> None:
    """A script that is run again after a crash gives the same key, and nothing happens twice."""
    with daemon.client() as client:
        CHANGES[name][1](client, idempotency_key="release-42")

    assert daemon.requests[0].headers["idempotency-key"] == "release-42"


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "cancel"])
def test_a_change_can_ask_for_the_version_that_was_seen(daemon: FakeDaemon, name: str) -> None:
    """The project's ETag goes with it; without one nothing is demanded."""
    with daemon.client() as client:
        CHANGES[name][1](client, expected_version='"7"')
        CHANGES[name][1](client)

    assert [request.headers.get("if-match") for request in daemon.requests] == ['"7"', None]


def test_a_daemon_that_is_gone_after_a_break_is_told(tmp_path: Path) -> None:
    """Over a real socket: it took the request, went away without a word, and nobody listens any more."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        server = Thread(target=lambda: _answer(listener, b"", before=path.unlink))
        server.start()
        with Client(f"unix://{path}") as client, pytest.raises(DaemonUnavailable, match="no socket"):
            client.stop("lowercase")
        server.join()


def test_a_lost_answer_is_asked_for_again_over_a_real_socket(tmp_path: Path) -> None:
    """As when the daemon is restarted: the second request carries the same key and body, and is answered."""
    body = operation().model_dump_json().encode()
    answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    received: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        server = Thread(target=lambda: received.extend([_answer(listener, b""), _answer(listener, answer)]))
        server.start()
        with Client(f"unix://{tmp_path / 's'}") as client:
            assert client.deploy(ARCHIVE) == operation()
        server.join()

    assert received[0] == received[1]
    assert b"idempotency-key: " in received[0]


def _answer(listener: socket.socket, answer: bytes, *, before: Callable[[], None] = lambda: None) -> bytes:
    """Take one request, answer it so, and hang up; attempts that send nothing are passed over."""
    while True:
        connection, _ = listener.accept()
        with connection:
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                head, _, body = received.partition(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head.lower())
                if len(body) >= (int(length[1]) if length else 0) and head != received:
                    before()
                    connection.sendall(answer)
                    return received


def test_a_second_break_is_told() -> None:
    """It is sent again once, not for ever."""
    daemon = FakeDaemon(breaks=5)

    with daemon.client() as client, pytest.raises(DaemonUnavailable, match="closed the connection"):
        client.stop("lowercase")

    assert len(daemon.requests) == 2


def test_where_nobody_listens_nothing_is_sent_again() -> None:
    """A daemon that is not there is told at once."""
    daemon = FakeDaemon(is_away=True)

    with daemon.client() as client, pytest.raises(DaemonUnavailable, match="not running"):
        client.stop("lowercase")

    assert daemon.requests == []


def test_a_refused_change_is_not_sent_again() -> None:
    """What somebody else has changed since stays as it is."""
    daemon = FakeDaemon()
    daemon.refuse("POST /v1/projects/lowercase/stop", 412, "version_mismatch", "It has changed.")

    with daemon.client() as client, pytest.raises(Refused, match="has changed"):
        client.stop("lowercase", expected_version='"6"')

    assert len(daemon.requests) == 1


def test_a_read_is_not_a_change() -> None:
    """It carries no key, and a broken one is the caller's to repeat."""
    daemon = FakeDaemon(breaks=1)

    with daemon.client() as client, pytest.raises(DaemonUnavailable):
        client.projects()

    assert [request.headers.get("idempotency-key") for request in daemon.requests] == [None]


def test_scale_sends_numbers_by_deployment(daemon: FakeDaemon) -> None:
    """None goes back to what the project itself says."""
    with daemon.client() as client:
        client.scale("lowercase", SCALE)

    assert ScaleRequest.model_validate_json(daemon.requests[0].content) == SCALE
    assert json.loads(daemon.requests[0].content)["deployments"]["other"] is None


def test_rollback_names_a_revision_or_leaves_it_to_the_daemon(daemon: FakeDaemon) -> None:
    """The last good one where none is named."""
    with daemon.client() as client:
        client.rollback("lowercase")
        client.rollback("lowercase", "0123")

    assert daemon.seen() == [
        "POST /v1/projects/lowercase/rollback",
        "POST /v1/projects/lowercase/rollback?revision=0123",
    ]


def test_a_secrets_value_is_the_body_alone(daemon: FakeDaemon) -> None:
    """UTF-8 text, and in no address, so in no access log."""
    with daemon.client() as client:
        change = client.set_secret("lowercase", "KEY", "gr\u00fcn\n")

    assert change == SecretChange(name="KEY")
    assert daemon.requests[0].content == "gr\u00fcn\n".encode()
    assert daemon.requests[0].headers["content-type"] == "text/plain; charset=utf-8"
    assert daemon.seen() == ["PUT /v1/projects/lowercase/secrets/KEY"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "1A", "A B", "A-B", "A" * 129])
def test_what_cannot_be_a_variable_is_no_secrets_name(daemon: FakeDaemon, name: str) -> None:
    """It never becomes another path; the daemon is not even asked."""
    with daemon.client() as client:
        for change in (lambda: client.set_secret("lowercase", name, "x"), lambda: client.remove_secret("x", name)):
            with pytest.raises(InvalidInput) as raised:
                change()
            assert raised.value.code == "invalid_secret_name"
    assert daemon.requests == []


def test_secrets_are_listed_by_name() -> None:
    """Their values never come back."""
    daemon = FakeDaemon()
    daemon.on("GET /v1/projects/lowercase/secrets", [Secret(name="KEY")])

    with daemon.client() as client:
        assert client.secrets("lowercase") == [Secret(name="KEY")]


@pytest.mark.parametrize("operation_id", ["", "..", "a/b", "x?y"])
def test_what_cannot_be_an_operation_is_not_there(daemon: FakeDaemon, operation_id: str) -> None:
    """It never becomes another path."""
    with daemon.client() as client:
        for call in (client.cancel, client.operation):
            with pytest.raises(NotFound) as raised:
                call(operation_id)
            assert raised.value.code == "operation_not_found"
    assert daemon.requests == []


def test_cancelling_gives_the_operation(daemon: FakeDaemon) -> None:
    """As it is then; it may be waited for like any other."""
    daemon.on("POST /v1/operations/op-2/cancel", operation(OperationState.CANCELLED))

    with daemon.client() as client:
        assert client.cancel("op-2").state is OperationState.CANCELLED


def plan(**changes: Any) -> Plan:
    values = {"project": "lowercase", "action": "deploy", "revision_before": None, "revision_after": None}
    return Plan(**{**values, "summary": "It would.", **changes})


def test_a_plan_of_a_deploy_uploads_the_archive(daemon: FakeDaemon) -> None:
    """As a deploy would; it is no change, so it carries no key."""
    daemon.on("POST /v1/projects/lowercase/plan", plan())

    with daemon.client() as client:
        assert client.plan_deploy(ARCHIVE) == plan()

    assert daemon.seen() == ["POST /v1/projects/lowercase/plan?action=deploy&app=app%3Aaana_app"]
    request = daemon.requests[0]
    assert (request.content, request.headers["content-type"]) == (b"zip", "application/zip")
    assert "idempotency-key" not in request.headers
    # Its requirements may have to be installed before it can be read.
    assert request.extensions["timeout"]["read"] > 1800


@pytest.mark.parametrize(
    ("ask", "query", "content"),
    [
        (lambda client: client.plan("lowercase", "restart"), "action=restart", b""),
        (lambda client: client.plan("lowercase", "rollback", revision="0123"), "action=rollback&revision=0123", b""),
        (
            lambda client: client.plan("lowercase", "scale", scale=SCALE),
            "action=scale",
            SCALE.model_dump_json().encode(),
        ),
    ],
)
def test_a_plan_of_a_verb_names_it(ask: Callable[[Client], Plan], query: str, content: bytes) -> None:
    """With the revision of a rollback, and the numbers of a scale."""
    daemon = FakeDaemon()
    daemon.on("POST /v1/projects/lowercase/plan", plan(fits=False))

    with daemon.client() as client:
        assert not ask(client).fits

    assert daemon.seen() == [f"POST /v1/projects/lowercase/plan?{query}"]
    assert daemon.requests[0].content == content


def test_a_diff_is_between_two_revisions() -> None:
    """Those that are not named are the daemon's choice."""
    found = RevisionDiff(
        project="lowercase", before="a" * 12, after="b" * 12, files=[FileDiff(path="app.py", change="changed")]
    )
    daemon = FakeDaemon()
    daemon.on("GET /v1/projects/lowercase/diff", found)

    with daemon.client() as client:
        assert client.diff("lowercase") == found
        client.diff("lowercase", "aaaa", "bbbb")

    assert daemon.seen() == [
        "GET /v1/projects/lowercase/diff",
        "GET /v1/projects/lowercase/diff?before=aaaa&after=bbbb",
    ]


def test_the_new_kinds_of_operations_are_read() -> None:
    """Scaling, rolling back and setting a secret are operations like the others."""
    kinds = [OperationKind.SCALE, OperationKind.ROLLBACK, OperationKind.CONFIGURE]
    daemon = FakeDaemon()
    daemon.on("GET /v1/operations", [operation(kind=kind) for kind in kinds])

    with daemon.client() as client:
        assert [one.kind for one in client.operations()] == kinds
