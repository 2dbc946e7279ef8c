"""What an endpoint's options and a project's routers do for clients of a running project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import pytest
from websockets.sync.client import connect

from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def reception(box: Box) -> Iterator[Box]:
    """The project of this page, up."""
    box.ok("deploy", TEST_PROJECTS / "reception")
    yield box
    box.remove("reception")


def ledger(box: Box) -> dict[str, int]:
    found: dict[str, int] = box.read("/reception/visitors/ledger").json()
    return found


def test_a_full_endpoint_sends_the_rest_away(reception: Box) -> None:
    """Of five at once, one is served, one waits and three get 429 with Retry-After; the two are answered in the end."""
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(reception.post, "/reception/desk", json={"name": str(number)}) for number in range(5)]
        first = [answer.result() for answer in islice(as_completed(asked), 3)]

        assert [answer.status_code for answer in first] == [429, 429, 429]
        for answer in first:
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.json()["code"] == "too_many_requests"
            assert answer.json()["request_id"] == answer.headers["x-request-id"]

        def let_go() -> int:
            assert reception.post("/reception/visitors/let-go").is_success
            return sum(answer.done() for answer in asked)

        eventually(let_go, lambda done: done == 5)
        statuses = sorted(answer.result().status_code for answer in asked)

    assert statuses == [200, 200, 429, 429, 429]


def test_a_request_that_takes_too_long_is_cancelled_down_to_the_deployment(reception: Box) -> None:
    """The client gets 504; the method in the deployment's process sees its cancellation."""
    before = ledger(reception)
    answer = reception.post("/reception/wait", json={})

    assert (answer.status_code, answer.json()["code"]) == (504, "endpoint_timeout")
    eventually(lambda: ledger(reception)["cancelled"], lambda count: count == before["cancelled"] + 1, within=10)


def test_a_stream_that_takes_too_long_is_closed_down_to_the_deployment(reception: Box) -> None:
    """The last line says why; the deployment's generator is closed."""
    before = ledger(reception)
    lines = [json.loads(line) for line in reception.post("/reception/calls", json={}).text.splitlines()]

    assert lines[0] == 1
    assert lines[-1]["error"]["code"] == "endpoint_timeout"
    eventually(lambda: ledger(reception)["hung_up"], lambda count: count == before["hung_up"] + 1, within=10)


def test_hooks_decide_and_hear_what_came_of_it(reception: Box) -> None:
    """Without the header 403; with it the argument that the hook added; both outcomes are told."""
    refused = reception.post("/reception/badge", json={})
    welcome = reception.post("/reception/badge", json={}, headers={"X-Badge": "7"})

    assert (refused.status_code, refused.json()["code"]) == (403, "no_badge")
    assert welcome.json() == "welcome 7"
    visits = eventually(lambda: reception.read("/reception/house/visits").json(), lambda found: len(found) >= 2)
    told = {visit["request_id"]: (visit["result"], visit["error"]) for visit in visits}
    assert told[refused.headers["x-request-id"]] == (None, "no_badge")
    assert told[welcome.headers["x-request-id"]] == ("welcome 7", None)


def test_a_fastapi_router_answers_and_is_documented(reception: Box) -> None:
    """With urls that lead back; its errors are problems; its routes stand in openapi.json and /docs."""
    greeting = reception.post("/reception/visitors/bob", json={"name": "eve"})
    crash = reception.read("/reception/visitors/crash")
    missing = reception.read("/reception/visitors/a/b")
    document = reception.read("/reception/openapi.json").json()

    assert greeting.json() == {
        "greeting": "bob greets eve",
        "url": f"{reception.serve_url}/reception/visitors/bob",
    }
    assert (crash.status_code, crash.json()["code"]) == (500, "internal_error")
    assert crash.json()["request_id"] == crash.headers["x-request-id"]
    assert "secret" not in crash.text
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert document["paths"]["/visitors/ledger"]["get"]["summary"] == "What the clerk has done"
    assert document["paths"]["/desk"]["post"]["tags"] == ["desk"]
    assert "/reception/visitors/ledger" in reception.read("/reception/docs").text


def test_a_router_s_websocket_is_carried(reception: Box) -> None:
    """Text goes both ways through Serve's port; a path that no router has is refused."""
    base = f"ws://127.0.0.1:{reception.serve_port}/reception"
    with connect(f"{base}/visitors/talk") as socket:
        for text in ("one", "two"):
            socket.send(text)
            assert socket.recv(timeout=10) == text.upper()
    with pytest.raises(Exception, match="403"), connect(f"{base}/nobody"):
        pass


def test_the_command_shows_the_options(reception: Box) -> None:
    """In the table as far as there is room, all of them as JSON."""
    endpoints = {endpoint["name"]: endpoint for endpoint in reception.json("endpoints", "reception")}
    table = reception.ok("endpoints", "reception")

    assert endpoints["desk"]["description"] == "Stays until the clerk lets go.\nOne more may wait."
    assert (endpoints["desk"]["tags"], endpoints["desk"]["timeout_s"]) == (["desk"], None)
    assert (endpoints["desk"]["max_concurrent"], endpoints["desk"]["max_queued"]) == (1, 1)
    assert endpoints["wait"]["timeout_s"] == 0.5
    assert "1+1" in table
    assert "0.5 s" in table


def test_the_lifespan_of_a_router_ends_with_the_project(reception: Box) -> None:
    """What it printed at its start and at its end is in the project's log."""
    copy = reception.copy_project(TEST_PROJECTS / "reception", "lobby")
    reception.ok("deploy", copy)
    reception.ok("stop", "lobby")

    def messages() -> list[str]:
        return [record["message"] for record in reception.logs("lobby", "--deployment", "ingress")]

    eventually(messages, lambda found: "the house opens" in found and "the house closes" in found, within=30)
    reception.remove("lobby")


def test_a_router_that_cannot_start_fails_the_project(reception: Box) -> None:
    """The reason is where an operator looks first."""
    folder = reception.copy_project(TEST_PROJECTS / "reception", "closed")
    routers = folder / "routers.py"
    routers.write_text(routers.read_text().replace('print("the house opens")', 'raise ValueError("no key")'))
    done = reception.aana("deploy", folder)

    assert done.returncode == 1
    assert "Router /visitors failed to start: ValueError: no key." in done.stdout + done.stderr
    reception.remove("closed")
