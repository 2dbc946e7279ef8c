"""Projects live side by side: what happens to one is not noticed by the other."""

from __future__ import annotations

import json

import pytest

from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e
PLAYGROUND = TEST_PROJECTS / "playground"


@pytest.fixture(scope="module")
def quiet(box: Box) -> str:
    """The neighbour: a project of two deployments that nobody touches."""
    box.ok("deploy", box.copy_project(PLAYGROUND, "quiet"))
    return "quiet"


@pytest.fixture(scope="module")
def busy(box: Box) -> str:
    """A second project of two deployments, which a test may break; it leaves it running."""
    box.ok("deploy", box.copy_project(PLAYGROUND, "busy"))
    return "busy"


def test_two_projects_of_two_deployments_each_run_at_once(box: Box, quiet: str, busy: str) -> None:
    """Six replicas fit on a machine of two cores, because nobody claims a whole core without saying so."""
    for project in (quiet, busy):
        assert ("running", 3) == (box.project(project)["phase"], box.project(project)["ready"])
        assert box.post(f"/{project}/who", json={}).json()["greeting"] == "hello"


def test_a_redeploy_replaces_only_its_own_replicas(box: Box, quiet: str, busy: str) -> None:
    """New files mean new replicas of that project; its neighbour keeps its processes."""
    neighbour, before = box.pids(quiet), box.pids(busy)

    box.ok("deploy", box.copy_project(PLAYGROUND, busy, REVISION="two"))

    after = box.pids(busy)
    assert box.post(f"/{busy}/who", json={}).json()["revision"] == "two"
    assert neighbour == box.pids(quiet)
    assert all(before[name].isdisjoint(after[name]) for name in before)


def test_stopping_one_leaves_the_other(box: Box, quiet: str, busy: str) -> None:
    """The stopped project's address is gone; its neighbour keeps its processes and answers."""
    neighbour = box.pids(quiet)

    box.ok("stop", busy)

    assert neighbour == box.pids(quiet)
    assert box.post(f"/{quiet}/echo", json={"text": ["A"]}).status_code == 200
    eventually(lambda: box.post(f"/{busy}/echo", json={"text": ["A"]}).status_code, lambda status: status == 404)
    box.ok("start", busy)


def test_a_replica_that_cannot_start_goes_back_to_the_last_good_revision(box: Box, quiet: str, busy: str) -> None:
    """The deploy fails and shows why; the old revision serves on, and ps says revision_failed."""
    neighbour = box.pids(quiet)
    folder = box.copy_project(PLAYGROUND, busy)
    deployments = folder / "deployments.py"
    broken = deployments.read_text().replace(
        'self.greeting = config["greeting"]', 'raise ValueError("no such weights")'
    )
    deployments.write_text(broken)

    done = box.aana("deploy", folder, timeout=240)

    assert done.returncode == 1
    assert "no such weights" in done.stderr
    eventually(lambda: box.project(busy), lambda p: (p["phase"], p["reason"]) == ("running", "revision_failed"))
    assert box.post(f"/{busy}/who", json={}).status_code == 200
    assert neighbour == box.pids(quiet)


def test_a_request_that_fails_is_a_problem_and_nothing_dies(box: Box, quiet: str) -> None:
    """An unknown exception is a 500 with a request id and no detail; its traceback is in the log."""
    before = box.pids(quiet)

    answer = box.post(f"/{quiet}/fail", json={})

    problem = answer.json()
    assert (500, "internal_error") == (answer.status_code, problem["code"])
    assert "RuntimeError" not in answer.text
    records = eventually(
        lambda: box.logs(quiet, "--tail", "500"),
        lambda found: any("RuntimeError" in record["message"] for record in found),
        within=10,
    )
    assert any(record["request_id"] == problem["request_id"] for record in records)
    assert before == box.pids(quiet)


def test_an_error_that_the_author_raises_reaches_the_client(box: Box, quiet: str) -> None:
    """Raised in a deployment, it crosses process borders with its status, code and hint."""
    answer = box.post(f"/{quiet}/missing", json={"name": "cat"})

    problem = answer.json()
    assert (404, "nothing_found", "Look elsewhere.") == (answer.status_code, problem["code"], problem["hint"])


def test_a_blocking_method_stops_neither_health_checks_nor_its_neighbours(box: Box, quiet: str) -> None:
    """A model that blocks for longer than a health check may take is not killed, and what it prints is seen at once."""
    before = box.pids(quiet)

    answer = box.post(f"/{quiet}/sleep", json={"seconds": 4, "note": "slow model"})

    assert (200, "hello slow model") == (answer.status_code, answer.json())
    assert before == box.pids(quiet)


def test_what_an_author_prints_is_in_the_log(box: Box, quiet: str) -> None:
    """A print and a log line of a deployment are shown with their project, deployment and replica."""
    box.post(f"/{quiet}/sleep", json={"seconds": 0, "note": "mark-4711"})

    records = eventually(
        lambda: [r for r in box.logs(quiet, "--tail", "500") if "mark-4711" in r["message"]],
        lambda found: len(found) >= 2,
        within=5,
    )
    assert {("quiet", "worker")} == {(record["project"], record["deployment"]) for record in records}
    assert all(record["replica"] for record in records)


def test_a_stream_arrives_line_by_line(box: Box, quiet: str) -> None:
    """An async generator is sent as NDJSON while it is made."""
    answer = box.post(f"/{quiet}/count", json={"limit": 3})

    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert [{"number": 0}, {"number": 1}, {"number": 2}] == [json.loads(line) for line in answer.text.splitlines()]
