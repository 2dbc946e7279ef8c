"""The client: typed answers, errors by class, waiting."""

from __future__ import annotations

import socket
import tracemalloc
from typing import TYPE_CHECKING

import httpx
import pytest

from aanad.client import Archive, Client, Invocation, error_of, problem_of
from aanad.errors import (
    ClusterUnavailable,
    DaemonUnavailable,
    Failed,
    ImportFailed,
    InvalidInput,
    InvalidProject,
    NotFound,
    Refused,
    TimedOut,
)
from aanad.wire.events import Event
from aanad.wire.logs import LogRecord
from aanad.wire.operations import OperationState
from aanad.wire.problems import Problem
from tests.client.fake_daemon import NOW, FakeDaemon, detail, operation, project

if TYPE_CHECKING:
    from pathlib import Path

    from aanad.errors import AanaError


def test_answers_are_wire_models() -> None:
    """A read gives the models that the daemon sent."""
    daemon = FakeDaemon()
    daemon.on("GET /v1/projects", [project()])
    daemon.on("GET /v1/projects/lowercase", detail())

    with daemon.client() as client:
        assert client.projects() == [project()]
        assert client.project("lowercase") == detail()


def test_a_deploy_uploads_the_archive() -> None:
    """The archive is the body; what it is called, its app and its commit stand in the URL."""
    daemon = FakeDaemon()
    daemon.on("POST /v1/projects/lowercase/revisions", operation(), status=202)

    with daemon.client() as client:
        client.deploy(Archive("lowercase", b"zip", "app:aana_app", "ab12", 1))

    assert daemon.seen() == ["POST /v1/projects/lowercase/revisions?activate=true&app=app%3Aaana_app&git_commit=ab12"]
    assert daemon.requests[0].content == b"zip"
    assert daemon.requests[0].headers["content-type"] == "application/zip"


@pytest.mark.parametrize("name", ["../status", "", "No-Name", "a/b", "a" * 49])
def test_what_cannot_be_a_name_is_not_there(name: str) -> None:
    """It never becomes another path; the daemon is not even asked."""
    daemon = FakeDaemon()

    with daemon.client() as client, pytest.raises(NotFound) as raised:
        client.stop(name)

    assert raised.value.code == "project_not_found"
    assert daemon.requests == []


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "not_found", NotFound),
        (404, "project_unknown", NotFound),
        (409, "project_running", Refused),
        (403, "role", Refused),
        (422, "request_invalid", InvalidInput),
        (400, "invalid_project", InvalidProject),
        (422, "import_error", ImportFailed),
        (503, "cluster_unavailable", ClusterUnavailable),
        (504, "too_late", TimedOut),
        (500, "surprise", Failed),
    ],
)
def test_a_problem_becomes_the_error_of_its_code_or_status(status: int, code: str, kind: type[AanaError]) -> None:
    """The class says what kind of thing went wrong; code, sentence and hint are the daemon's; nothing is lost."""
    problem = Problem(title="t", status=status, code=code, message="It is so.", hint="Do this.", detail="a\nb")

    error = error_of(problem)

    assert type(error) is kind
    assert (error.code, error.message, error.hint, error.detail) == (code, "It is so.", "Do this.", ["a", "b"])
    assert problem_of(error) is problem


def test_a_local_error_is_told_in_the_same_shape() -> None:
    """An error that no daemon sent has a problem too."""
    assert problem_of(NotFound("No such thing.", hint="Look again.")) == Problem(
        title="Not found", status=404, code="not_found", message="No such thing.", hint="Look again."
    )


def test_waiting_ends_with_the_operation() -> None:
    """Each look at the operation is shown, the final one is given."""
    daemon = FakeDaemon()
    daemon.on("GET /v1/operations/op-1", operation(OperationState.RUNNING))
    daemon.on("GET /v1/operations/op-1", operation())
    seen: list[OperationState] = []

    with daemon.client() as client:
        final = client.wait(operation(OperationState.PENDING), on_change=lambda now: seen.append(now.state))

    assert final == operation()
    assert seen == ["pending", "running", "succeeded"]


def test_waiting_raises_why_an_operation_failed() -> None:
    """Unless told otherwise, a failed operation is its problem's error."""
    problem = Problem(title="t", status=422, code="import_error", message="It cannot be imported.")

    with FakeDaemon().client() as client:
        with pytest.raises(ImportFailed, match="cannot be imported"):
            client.wait(operation(OperationState.FAILED, problem=problem))
        with pytest.raises(Failed) as cancelled:
            client.wait(operation(OperationState.CANCELLED))

    assert cancelled.value.code == "operation_cancelled"


def test_waiting_is_bounded() -> None:
    """After the time that was allowed only the waiting is over, and the error says so."""
    daemon = FakeDaemon()
    daemon.on("GET /v1/operations/op-1", operation(OperationState.RUNNING))

    with daemon.client() as client, pytest.raises(TimedOut, match="has not finished within"):
        client.wait(operation(OperationState.RUNNING), timeout_s=0.05)


def test_logs_and_events_are_streams() -> None:
    """Each line is a record; blank lines only keep the stream alive."""
    record = LogRecord(time=NOW, source="serve", message="hello")
    event = Event(cursor=7, time=NOW, type="project.phase", actor="aanad", message="runs")
    daemon = FakeDaemon()
    daemon.on("GET /v1/logs", f"{record.model_dump_json()}\n\n{record.model_dump_json()}\n".encode())
    daemon.on("GET /v1/events", f"{event.model_dump_json()}\n".encode())

    with daemon.client() as client:
        assert list(client.logs("lowercase", tail=2)) == [record, record]
        assert next(client.follow_events(since=6)) == event

    assert daemon.seen() == [
        "GET /v1/logs?project=lowercase&tail=2&follow=false",
        "GET /v1/events?since=6&follow=true",
    ]


def test_a_refused_stream_is_an_error() -> None:
    """A stream that cannot be had is told as any other problem."""
    daemon = FakeDaemon()
    daemon.refuse("GET /v1/logs", 404, "not_found", "There is no project x.")

    with daemon.client() as client, pytest.raises(NotFound, match="no project x"):
        list(client.logs("x"))


def test_an_endpoints_own_error_is_an_answer() -> None:
    """What the endpoint refuses is told apart from what the daemon refuses."""
    daemon = FakeDaemon()
    route = "POST /v1/projects/lowercase/endpoints/lowercase/invoke"
    daemon.on(route, {"message": "bad"}, status=422, headers={"X-Aana-Duration-Ms": "3.5"})
    daemon.refuse(route, 404, "not_found", "There is no endpoint lowercase.")

    with daemon.client() as client:
        with client.invoke("lowercase", "lowercase", Invocation(data=b"{}")) as answer:
            assert (answer.status, answer.is_error, answer.duration_ms) == (422, True, 3.5)
        with pytest.raises(NotFound), client.invoke("lowercase", "lowercase"):
            pass


def test_a_request_with_files_is_a_form(tmp_path: Path) -> None:
    """JSON travels as the form's field ``body`` beside the files, as curl's -F would send it."""
    (tmp_path / "a.txt").write_text("inside")
    daemon = FakeDaemon()
    daemon.on("POST /v1/projects/p/endpoints/e/invoke", {}, headers={"X-Aana-Duration-Ms": "1"})
    invocation = Invocation(data=b'{"n": 1}', files=[("media", tmp_path / "a.txt")], fields=[("k", "v")])

    with daemon.client() as client, client.invoke("p", "e", invocation):
        pass

    request = daemon.requests[0]
    assert request.headers["content-type"].startswith("multipart/form-data")
    for part in (b'name="body"\r\n\r\n{"n": 1}', b'name="k"\r\n\r\nv', b'name="media"; filename="a.txt"', b"inside"):
        assert part in request.content


def test_a_large_file_is_read_while_it_is_sent(tmp_path: Path) -> None:
    """Its length is announced, and no more than a small part of it is in memory at any time."""
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    tracemalloc.start()
    try:
        with Invocation(files=[("media", tmp_path / "large.bin")]).as_arguments() as arguments:
            request = httpx.Request("POST", "http://localhost", **arguments)
            sent = sum(len(part) for part in request.stream)  # type: ignore[union-attr]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert sent == int(request.headers["content-length"]) > 64 * 1024 * 1024
    assert peak < 4 * 1024 * 1024


def test_an_answer_of_somebody_else_is_said_to_be_one() -> None:
    """What is no answer of aanad's is an error with a code, not a crash."""
    daemon = FakeDaemon()
    daemon.on("GET /v1/status", b"<html>", status=200)
    daemon.on("GET /v1/status", b"<html>", status=500)

    with daemon.client() as client:
        for _ in range(2):
            with pytest.raises(Failed) as raised:
                client.status()
            assert raised.value.code == "unreadable_answer"


def test_a_missing_socket_says_how_to_start_the_daemon(tmp_path: Path) -> None:
    """The sentence names the socket that was tried, the hint how to start the daemon."""
    with Client(f"unix://{tmp_path}/no.sock") as client, pytest.raises(DaemonUnavailable) as raised:
        client.status()

    assert raised.value.message == f"aanad is not running: there is no socket {tmp_path}/no.sock."
    assert "`aanad`" in (raised.value.hint or "")


def test_a_left_over_socket_is_told_from_a_missing_one(tmp_path: Path) -> None:
    """A socket that nobody listens on is what a killed daemon leaves."""
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "s"))

    with Client(f"unix://{tmp_path}/s") as client, pytest.raises(DaemonUnavailable, match="nobody answers on"):
        client.status()


def test_a_forbidden_socket_has_its_own_sentence() -> None:
    """Who is not in the group learns that, not that the daemon is down."""

    def forbid(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no") from PermissionError("no")

    client = Client("unix:///s", transport=httpx.MockTransport(forbid))
    with client, pytest.raises(DaemonUnavailable, match="may not use aanad's socket /s") as raised:
        client.status()

    assert "usermod" in (raised.value.hint or "")


def test_a_cut_connection_is_told_as_one() -> None:
    """A daemon that goes away in the middle of an answer is not an internal error."""

    def cut(_: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("cut")

    client = Client("unix:///s", transport=httpx.MockTransport(cut))
    with client, pytest.raises(DaemonUnavailable, match="closed the connection"):
        client.status()
