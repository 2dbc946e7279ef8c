"""A client that leaves ends the work for it, down to the deployment, within two seconds."""

from __future__ import annotations

import json
import socket
import time
from uuid import uuid4

import httpx
import pytest

from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e
LIMIT_S = 2.0


@pytest.fixture(scope="module", autouse=True)
def faulty(box: Box) -> str:
    """A project that notes when its calls ended."""
    box.ok("deploy", box.copy_project(TEST_PROJECTS / "faulty", "faulty_left"))
    return "faulty_left"


def ended_after(box: Box, project: str, note: str, left_at: float) -> float:
    """Seconds from the client's leaving to the end of its call in the deployment."""
    ended = eventually(
        lambda: box.post(f"/{project}/closed", json={}).json(), lambda noted: note in noted, within=15, every=0.05
    )
    return float(ended[note]) - left_at


@pytest.mark.parametrize(
    ("kind", "pause_s"), [("stream", 60), ("stream", 0.05), ("watcher", 60), ("busy", 0.2), ("plain", 0.2)]
)
def test_a_stream_ends_in_the_deployment(box: Box, faulty: str, kind: str, pause_s: float) -> None:
    """Whether its generator waits long, gives much, never waits, or is a plain one; through two deployments too."""
    note = str(uuid4())
    body = {"note": note, "kind": kind, "pause_s": pause_s}
    with httpx.stream("POST", f"{box.serve_url}/{faulty}/stream", json=body, timeout=30) as response:
        assert next(response.iter_lines()) == "0"
    left_at = time.time()

    assert ended_after(box, faulty, note, left_at) < LIMIT_S


@pytest.mark.parametrize("through", ["model", "watcher"])
def test_a_value_is_not_worked_out_for_nobody(box: Box, faulty: str, through: str) -> None:
    """The call is cancelled where it waits; through two deployments too."""
    note = str(uuid4())
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{box.serve_url}/{faulty}/slow", json={"note": note, "through": through}, timeout=0.5)
    left_at = time.time()

    assert ended_after(box, faulty, note, left_at) < LIMIT_S


def test_many_that_leave_are_all_noticed(box: Box, faulty: str) -> None:
    """However their requests came: in one piece or in two."""
    left_at = {}
    for number in range(20):
        note = f"{number}-{uuid4()}"
        body = json.dumps({"note": note}).encode()
        head = f"POST /{faulty}/stream HTTP/1.1\r\nhost: box\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", box.serve_port)) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in (head, body) if number % 2 else (head + body,):
                client.sendall(part)
                time.sleep(0.005)
            received = b""
            while b"0\n" not in received:
                received += client.recv(4096)
        left_at[note] = time.time()

    assert max(ended_after(box, faulty, note, at) for note, at in left_at.items()) < LIMIT_S


def test_a_client_that_stays_gets_all_of_it(box: Box, faulty: str) -> None:
    """And what others left behind takes no room from it."""
    note = str(uuid4())
    answer = box.post(f"/{faulty}/stream", json={"note": note, "count": 5, "pause_s": 0.01})

    assert answer.text.splitlines() == ["0", "1", "2", "3", "4"]
