"""Errors of deployments, near and far; a deployment that fails its calls heals; calls between projects."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e
FAULTY = TEST_PROJECTS / "faulty"
SAID = re.compile(
    r"(?P<failures>\d+) of (?P<calls>\d+) calls within 60 s failed, the last one with "
    r"(InferenceError: The weights are broken|RuntimeError: CUDA error: an illegal memory access was encountered)\."
)


@pytest.fixture(scope="module")
def faulty(box: Box) -> str:
    """The project whose model fails as it is told; there are two of that."""
    folder = box.copy_project(FAULTY, "faulty_near")
    (folder / "project.toml").write_text("[deployments.model]\nreplicas = 2\n")
    box.ok("deploy", folder)
    return "faulty_near"


@pytest.fixture(scope="module")
def caller(box: Box, faulty: str) -> str:
    """Another project, whose watcher calls the model of the first."""
    folder = box.copy_project(FAULTY, "faulty_far")
    (folder / "project.toml").write_text(f"[deployments.watcher]\nuser_config = {{project = '{faulty}'}}\n")
    # Its class of the error is one that the first project does not have, and the other way round.
    (folder / "errors.py").rename(folder / "faults.py")
    for path in folder.glob("*.py"):
        path.write_text(path.read_text().replace("from .errors", "from .faults"))
    box.ok("deploy", folder)
    return "faulty_far"


@pytest.mark.parametrize("path", ["fail", "chain"])
@pytest.mark.parametrize(
    ("how", "expected", "header"),
    [
        (
            "speaker",
            {"status": 404, "code": "no_such_speaker", "hint": "List them first.", "extra": {"known": ["bob"]}},
            None,
        ),
        ("teapot", {"status": 418, "code": "teapot", "extra": {"volume_l": 1.5}}, None),
        ("busy", {"status": 429, "code": "too_many_requests"}, "3"),
    ],
)
def test_an_error_of_a_deployment_reaches_the_client_whole(
    box: Box, faulty: str, path: str, how: str, expected: dict[str, Any], header: str | None
) -> None:
    """Through the endpoint, and through a second deployment."""
    response = box.post(f"/{faulty}/{path}", json={"how": how})

    assert response.headers.get("retry-after") == header
    assert expected.items() <= response.json().items()


def test_an_error_crosses_from_project_to_project(box: Box, caller: str) -> None:
    """Its class is not there, and still it has its status, code, hint and data; others stay without detail."""
    problem = box.post(f"/{caller}/chain", json={"how": "speaker"}).json()

    assert (404, "no_such_speaker", "There is no speaker ann.") == (
        problem["status"],
        problem["code"],
        problem["message"],
    )
    assert (problem["hint"], problem["extra"]) == ("List them first.", {"known": ["bob"]})

    crash = box.post(f"/{caller}/chain", json={"how": "crash"})
    assert (500, "internal_error") == (crash.status_code, crash.json()["code"])
    assert "CUDA" not in crash.text


def test_a_deployment_of_another_project_is_called_after_that_was_stopped_and_redeployed(
    box: Box, faulty: str, caller: str
) -> None:
    """The same handle; while it is stopped the answer says so."""

    def call() -> httpx.Response:
        return box.post(f"/{caller}/chain", json={})

    assert call().json() == "fine"
    box.ok("restart", faulty)
    assert call().json() == "fine"

    box.ok("stop", faulty)
    stopped = httpx.post(f"{box.serve_url}/{caller}/chain", json={}, timeout=60)
    assert (503, "unavailable") == (stopped.status_code, stopped.json()["title"].lower())
    box.ok("start", faulty)

    assert eventually(call, lambda response: response.is_success, within=10).json() == "fine"


def test_many_replicas_share_the_calls(box: Box, faulty: str) -> None:
    """As many as there are answer."""
    answered = eventually(
        lambda: set(box.post(f"/{faulty}/pids", json={"calls": 40}).json()), lambda pids: len(pids) == 2
    )

    assert answered == box.pids(faulty)["model"]


def test_a_deployment_that_fails_its_calls_is_replaced_and_heals(box: Box) -> None:
    """Its replica goes, another takes over, calls succeed; the event and the status say how many failed, and how."""
    box.ok("deploy", box.copy_project(FAULTY, "faulty_ill"))
    before = box.pids("faulty_ill")["model"]

    # What the client did wrong counts as a call that is fine.
    for how in ["speaker"] * 5 + ["crash", "inference"] * 10:
        assert not box.post("/faulty_ill/chain", json={"how": how}).is_success

    after = eventually(
        lambda: box.pids("faulty_ill").get("model", set()), lambda pids: pids and not pids & before, within=60
    )
    assert len(after) == 1
    eventually(lambda: box.project("faulty_ill")["phase"], lambda phase: phase == "running", within=60)
    assert box.post("/faulty_ill/fail", json={}).json() == "fine"

    [event] = [each for each in box.json("events", "--project", "faulty_ill") if each["type"] == "replica.died"]
    found = SAID.search(event["message"])
    assert found is not None, event["message"]
    assert int(found["failures"]) > int(found["calls"]) / 2
    [model] = [each for each in box.json("status", "faulty_ill")["deployments"] if each["name"] == "model"]
    [crash] = model["crashes"]
    assert ("unhealthy", found[0], before) == (crash["kind"], crash["message"], {crash["pid"]})
    box.remove("faulty_ill")
