"""After a reboot nothing of Ray is left, and the daemon makes everything as desired from what is on disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.box import PROJECTS, Box, eventually
from tests.faults.fault import ANSWER, BODY, COLD_START_S, DESIRED, standing
from tests.faults.power import lose_power

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def before(box: Box) -> dict[str, Any]:
    """What the box held before it lost its power, and with it the archive of one project; it is up again."""
    box.ok("deploy", box.copy_project(PROJECTS / "lowercase", "lost"))
    (box.projects_dir / "lowercase" / "notes.txt").write_text("the second revision")
    box.ok("deploy", box.projects_dir / "lowercase")
    held = holdings(box)
    assert [2, 1, 1] == [len(held[name]["history"]) for name in DESIRED]

    lose_power(box)
    archive(box, "lost").unlink()
    box.start(ready=False)
    return held


def holdings(box: Box) -> dict[str, Any]:
    """What must survive: events, and of each project its revisions and which one is active."""
    projects = {
        name: {"history": box.json("history", name), "revision": box.project(name)["revision"]} for name in DESIRED
    }
    return projects | {"events": box.get("/v1/events?limit=1000").json()}


def archive(box: Box, project: str) -> Path:
    """The archive of a project's active revision."""
    query = "SELECT archive FROM revisions JOIN projects ON revision = id AND project = name WHERE name = ?"
    with closing(sqlite3.connect(box.state_dir / "aanad.sqlite3")) as database:
        [[digest]] = database.execute(query, [project]).fetchall()
    return box.state_dir / "archives" / f"{digest}.zip"


def test_a_reboot_restores_what_ran_and_leaves_stopped_what_was_stopped(box: Box, before: dict[str, Any]) -> None:
    """Every process was killed at once, the runtime folder and Ray's files are gone; one start of aanad is enough."""
    eventually(lambda: standing(box), lambda found: not found, within=COLD_START_S)

    after = holdings(box)
    after["events"] = after["events"][: len(before["events"])]
    assert before == after
    box.ok("start", "idle")
    box.ok("stop", "idle")


@pytest.mark.usefixtures("before")
def test_a_project_whose_archive_is_lost_fails_alone(box: Box) -> None:
    """It says what is missing and what to do; its neighbours run, and a deploy mends it."""
    project = eventually(lambda: box.project("lost"), lambda found: found["phase"] == "failed", within=COLD_START_S)

    assert "archive_missing" == project["reason"]
    assert "The archive of the revision cannot be read: No such file or directory." == project["message"]
    assert "Deploy the project again." == project["hint"]
    eventually(lambda: standing(box), lambda found: not found, within=COLD_START_S)
    box.ok("deploy", box.projects_dir / "lost")
    assert box.post("/lost/lowercase", json=BODY).json() == ANSWER
    box.ok("rm", "lost", "--force")


@pytest.mark.usefixtures("before")
def test_projects_return_in_the_order_of_their_priority(box: Box) -> None:
    """The less important one waits, says for whom, and starts when that one serves."""
    folder = box.copy_project(PROJECTS / "lowercase", "later")
    (folder / "project.toml").write_text("priority = -5\n")
    box.ok("deploy", folder)
    cursor = box.get("/v1/events?limit=1").json()[0]["cursor"]

    lose_power(box)
    box.start(ready=False)
    eventually(lambda: box.project("later")["phase"], lambda phase: phase == "running", within=COLD_START_S)

    phases = [
        (event["project"], event["data"]["phase"], event["data"]["reason"])
        for event in box.get(f"/v1/events?since={cursor}&limit=1000").json()
        if event["type"] == "project.phase"
    ]
    assert phases.index(("lowercase", "running", "ready")) < phases.index(("later", "starting", "building"))
    assert ("later", "pending", "waits_for_priority") in phases
    box.ok("rm", "later", "--force")
