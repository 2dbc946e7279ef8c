"""A box of two CPUs: what fits beside each other and what does not is said before, and why something waits, in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.box import TEST_PROJECTS, Box, eventually, running_box
from tests.e2e.traffic import Traffic

pytestmark = pytest.mark.e2e
PLAYGROUND = TEST_PROJECTS / "playground"
MOST = '[deployments.worker]\nnum_cpus = 1.5\nuser_config = {greeting = "hello"}\n'
"""Of two CPUs: a second such worker does not fit."""
TOLERANCE_S = 6.0
"""Starts on a busy machine differ by seconds."""


@pytest.fixture(scope="module")
def small_box() -> Iterator[Box]:
    """Two CPUs, whatever the machine has."""
    with running_box(AANA_RAY__NUM_CPUS="2") as box:
        box.ok("deploy", large(box, "large", "one"))
        box.ok("restart", "large")
        yield box


@pytest.fixture
def box(small_box: Box) -> Box:
    """The project `large` runs alone, whatever another test left."""
    if "second" in {project["name"] for project in small_box.json("ps")}:
        small_box.ok("rm", "--force", "second")
    small_box.ok("start", "large")
    return small_box


def large(box: Box, name: str, revision: str) -> Path:
    """A project whose worker needs most of the box."""
    folder = box.copy_project(PLAYGROUND, name, REVISION=revision)
    (folder / "project.toml").write_text(MOST)
    return folder


def test_the_gap_is_what_the_plan_said(box: Box) -> None:
    """Its worker does not fit twice: the plan says for how long nothing answers, and so long it takes; none fails."""
    folder = large(box, "large", "two")

    plan = box.json("plan", folder)

    [worker] = [step for step in plan["steps"] if step["deployment"] == "worker"]
    assert ("replace", False, True, True) == (worker["action"], worker["surge"], plan["interrupts"], plan["fits"])
    assert worker["gap_s"] > 1
    assert f"about {worker['gap_s']:.1f} s" in plan["summary"]
    assert [True] * 2 == [step["surge"] for step in plan["steps"] if step["deployment"] != "worker"]
    assert box.project("large")["revision"] == plan["revision_before"]

    with Traffic(f"{box.serve_url}/large/who", {}) as traffic:
        eventually(traffic.answered, lambda count: count > 20)
        box.ok("deploy", folder)
        after = traffic.answered()
        eventually(traffic.answered, lambda count: count > after + 20)

    assert {} == traffic.failures
    assert abs(traffic.longest_outage_s() - worker["gap_s"]) < max(TOLERANCE_S, worker["gap_s"] / 2)
    assert box.post("/large/who", json={}).json()["revision"] == "two"


def test_what_does_not_fit_says_who_holds_it(box: Box) -> None:
    """In the plan (exit code 4), in ps and in the replica's line: what is short, where, who holds it, what frees it."""
    folder = large(box, "second", "one")

    planned = box.aana("plan", folder)
    assert 4 == planned.returncode
    assert "large/worker holds 1.5" in planned.stdout

    box.ok("deploy", folder, "--detach")
    project = eventually(lambda: box.json("ps")[-1], lambda p: p["reason"] == "resources_short", within=60)
    assert ("second", "pending") == (project["name"], project["phase"])
    assert "worker needs 1.5 CPUs" in project["message"]
    assert "large/worker holds 1.5" in project["message"]
    assert "Stop large" in project["hint"]
    [waiting] = [r for r in box.json("replicas", "second") if r["deployment"] == "worker"]
    assert ("pending", "resources_short", None) == (waiting["phase"], waiting["reason"], waiting["pid"])

    box.ok("stop", "large")
    eventually(lambda: box.project("second")["phase"], lambda phase: phase == "running", within=90)


def test_a_waiting_deploy_can_be_cancelled(box: Box) -> None:
    """The project that does not fit is stopped again, and its deploy says who cancelled it; the other one runs on."""
    before = box.pids("large")
    box.ok("deploy", large(box, "second", "one"), "--detach")
    eventually(
        lambda: {project["name"]: project["reason"] for project in box.json("ps")}.get("second"),
        lambda reason: reason == "resources_short",
        within=60,
    )

    box.ok("cancel", "second")

    eventually(lambda: box.project("second")["phase"], lambda phase: phase == "stopped", within=60)
    operation = box.json("operations", "second")[0]
    assert ("deploy", "cancelled") == (operation["kind"], operation["state"])
    assert before == box.pids("large")
