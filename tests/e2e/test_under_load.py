"""Changes while clients send requests: with room for old and new replicas beside each other, no request fails."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.box import TEST_PROJECTS, Box, eventually
from tests.e2e.traffic import Traffic

pytestmark = pytest.mark.e2e
PLAYGROUND = TEST_PROJECTS / "playground"
NUMBERS = itertools.count()
"""Of revisions: each is another one, whatever other tests deployed before."""
FLOWING = 20
"""So many answers show that requests are on their way."""


@pytest.fixture(scope="module")
def project(box: Box) -> str:
    """A project whose endpoint asks a deployment which revision it is; each test leaves it running."""
    box.ok("deploy", box.copy_project(PLAYGROUND, "loaded"))
    return "loaded"


def another(box: Box, project: str) -> tuple[str, Path]:
    """A new revision: what it calls itself, and its folder."""
    name = f"revision {next(NUMBERS)}"
    return name, box.copy_project(PLAYGROUND, project, REVISION=name)


@contextmanager
def requests(box: Box, project: str) -> Iterator[Traffic]:
    """Clients that ask all the while, before, during and after what happens."""
    with Traffic(f"{box.serve_url}/{project}/who", {}) as traffic:
        eventually(traffic.answered, lambda count: count > FLOWING)
        yield traffic
        after = traffic.answered()
        eventually(traffic.answered, lambda count: count > after + FLOWING)


def broken(box: Box, project: str) -> Path:
    """A revision whose worker cannot start."""
    _, folder = another(box, project)
    deployments = folder / "deployments.py"
    text = deployments.read_text()
    deployments.write_text(text.replace('self.greeting = config["greeting"]', 'raise ValueError("no such weights")'))
    return folder


def revision(box: Box, project: str) -> str:
    """What the replica that answers was made of."""
    return str(box.post(f"/{project}/who", json={}).json()["revision"])


def test_no_request_fails_during_a_deploy(box: Box, project: str) -> None:
    """New replicas come up beside the old ones, which answer until then."""
    name, folder = another(box, project)

    with requests(box, project) as traffic:
        box.ok("deploy", folder)

    assert ({}, name) == (traffic.failures, revision(box, project))


def test_no_request_fails_during_a_rollback(box: Box, project: str) -> None:
    """Back to the revision that was active and ready before."""
    before, name = box.project(project)["revision"], revision(box, project)
    later, folder = another(box, project)
    box.ok("deploy", folder)
    assert revision(box, project) == later

    with requests(box, project) as traffic:
        box.ok("rollback", project)

    assert ({}, before) == (traffic.failures, box.project(project)["revision"])
    assert revision(box, project) == name


def test_no_request_fails_during_a_deploy_that_goes_back_by_itself(box: Box, project: str) -> None:
    """The worker that served goes on; exit code 1, `ps` and an event say what happened."""
    before, worker = box.project(project)["revision"], box.pids(project)["worker"]

    with requests(box, project) as traffic:
        done = box.aana("deploy", broken(box, project), timeout=240)
        assert (1, True) == (done.returncode, "no such weights" in done.stderr)
        eventually(lambda: box.project(project), lambda p: (p["phase"], p["reason"]) == ("running", "revision_failed"))

    assert ({}, before, worker) == (
        traffic.failures,
        box.project(project)["revision"],
        box.pids(project)["worker"],
    )
    failed = [each for each in box.json("events", "--project", project) if each["type"] == "revision.failed"]
    assert failed[-1]["data"]["back_to"] == before


def test_no_request_fails_during_a_rolling_restart(box: Box, project: str) -> None:
    """Every replica is a new process afterwards."""
    before = box.pids(project)

    with requests(box, project) as traffic:
        box.ok("restart", project)

    after = box.pids(project)
    assert {} == traffic.failures
    assert all(before[name].isdisjoint(after[name]) for name in before)


def test_no_request_fails_while_replicas_come_and_go(box: Box, project: str) -> None:
    """Scaling up keeps the replica that is there, scaling down lets the others finish."""
    before = box.pids(project)

    with requests(box, project) as traffic:
        box.ok("scale", project, "worker=3")
        grown = box.pids(project)["worker"]
        box.ok("scale", project, "worker=reset")

    assert {} == traffic.failures
    assert (3, True) == (len(grown), before["worker"] < grown)
    assert 1 == len(box.pids(project)["worker"])
