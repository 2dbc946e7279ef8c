"""Revisions and operations over the whole path: history, diff, plan, scale, cancel, and two callers at once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from aanad.client import pack
from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e
PLAYGROUND = TEST_PROJECTS / "playground"


@pytest.fixture(scope="module")
def first(box: Box) -> str:
    """The project's first revision, from a commit."""
    folder = box.copy_project(PLAYGROUND, "storied")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "1"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    box.ok("deploy", folder)
    return str(box.project("storied")["revision"])


@pytest.fixture(scope="module")
def second(box: Box, first: str) -> str:
    """Its second revision."""
    box.ok("deploy", box.copy_project(PLAYGROUND, "storied", REVISION="two"))
    found = str(box.project("storied")["revision"])
    assert found != first
    return found


@pytest.fixture
def project(box: Box, second: str) -> str:
    """The project at its second revision, whatever another test left."""
    found = box.project("storied")
    if (second, "running", "ready") != (found["revision"], found["phase"], found["reason"]):
        box.ok("deploy", box.copy_project(PLAYGROUND, "storied", REVISION="two"))
    return "storied"


@pytest.fixture
def api(box: Box) -> Iterator[httpx.Client]:
    """The control API, as a script without our client sees it."""
    transport = httpx.HTTPTransport(uds=str(box.socket))
    with httpx.Client(transport=transport, base_url="http://aanad", timeout=120) as client:
        yield client


def test_history_tells_who_when_and_which_commit(box: Box, project: str, first: str) -> None:
    """The active one is marked; each that was ready says when; the first one names its commit."""
    revisions = {each["id"]: each for each in box.json("history", project)}

    [second] = [each for each in revisions.values() if each["active"]]
    assert (False, None, 40) == (
        revisions[first]["active"],
        second["git_commit"],
        len(revisions[first]["git_commit"]),
    )
    assert second["ready_at"] > revisions[first]["ready_at"] > revisions[first]["created_at"]


def test_diff_shows_the_lines_that_differ(box: Box, project: str, first: str) -> None:
    """As git would: what went, what came."""
    told = box.ok("diff", project, first)

    assert '-REVISION = "one"' in told
    assert "+REVISION = 'two'" in told


def test_plan_changes_nothing(box: Box, project: str) -> None:
    """It names the file, the replicas that are replaced, and where; revisions and replicas stay as they are."""
    before = (box.json("history", project), box.pids(project))

    plan = box.json("plan", box.copy_project(PLAYGROUND, project, REVISION="three"))

    assert ["deployments.py"] == plan["files"]["changed"]
    assert {("counter", "replace"), ("worker", "replace"), ("ingress", "replace")} == {
        (step["deployment"], step["action"]) for step in plan["steps"]
    }
    assert (False, True) == (plan["interrupts"], all(step["placement"] for step in plan["steps"]))
    assert before == (box.json("history", project), box.pids(project))


def test_numbers_set_by_hand_survive_a_redeploy(box: Box, project: str) -> None:
    """The plan of the redeploy names them; afterwards there are as many replicas."""
    box.ok("scale", project, "worker=2")
    folder = box.copy_project(PLAYGROUND, project, REVISION="scaled")

    plan = box.json("plan", folder)
    box.ok("deploy", folder)

    assert any("worker keeps the 2 replicas" in note for note in plan["notes"])
    assert 2 == len(box.pids(project)["worker"])
    box.ok("scale", project, "worker=reset")
    assert 1 == len(box.pids(project)["worker"])


def test_a_range_lets_serve_choose(box: Box, project: str) -> None:
    """Autoscaling between two numbers; the replicas are replaced once, as the plan says, and not again at each look."""
    plan = box.json("plan", project, "--scale", "counter=1..3")
    box.ok("scale", project, "counter=1..3")
    pids = box.pids(project)

    assert {"replace"} == {step["action"] for step in plan["steps"]}
    scale = box.get(f"/v1/projects/{project}").json()["scale"]["counter"]
    assert (1, 3) == (scale["min_replicas"], scale["max_replicas"])
    box.ok("scale", project, "counter=1..2")
    assert pids == box.pids(project)
    box.ok("scale", project, "counter=reset")


def slow_start(box: Box, project: str, code: str, *, limit_s: int = 20) -> Path:
    """A revision whose worker does something else before it is ready."""
    folder = box.copy_project(PLAYGROUND, project, REVISION="slow")
    deployments = folder / "deployments.py"
    ready = 'self.greeting = config["greeting"]'
    deployments.write_text(deployments.read_text().replace(ready, f"{code}\n        {ready}"))
    (folder / "project.toml").write_text(f"ready_timeout_s = {limit_s}\n")
    return folder


def test_a_deploy_is_cancelled_while_it_loads(box: Box, project: str) -> None:
    """What ran before runs on, and the waiting command ends with 1."""
    before = box.project(project)["revision"]
    folder = slow_start(box, project, "time.sleep(60)")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(box.aana, "deploy", folder)
        eventually(
            lambda: box.json("operations", project)[0],
            lambda op: op["kind"] == "deploy" and op["steps"][-1]["state"] == "running",
            within=60,
        )
        box.ok("cancel", project)
        done = waiting.result(60)

    assert 1 == done.returncode
    eventually(lambda: box.project(project), lambda p: (p["phase"], p["revision"]) == ("running", before), within=60)


def test_a_revision_that_is_not_ready_in_time_goes_back(box: Box, project: str) -> None:
    """At the limit that the project sets itself: exit code 1, and the revision before serves on, as ps says."""
    before = box.project(project)["revision"]

    done = box.aana("deploy", slow_start(box, project, "time.sleep(120)"), "-o", "json")

    assert (1, "start_timeout") == (done.returncode, json.loads(done.stderr)["code"])
    eventually(
        lambda: box.project(project),
        lambda p: (p["phase"], p["reason"], p["revision"]) == ("running", "revision_failed", before),
        within=60,
    )


def test_time_that_a_download_takes_is_not_counted(box: Box, project: str) -> None:
    """A worker that receives weights for longer than the limit; the project says what it waits for."""
    download = (
        "folder = os.path.join(os.environ['HF_HOME'], 'hub', 'models--org--model', 'blobs'); "
        "os.makedirs(folder, exist_ok=True); weights = open(os.path.join(folder, 'x.incomplete'), 'wb'); "
        "[(weights.write(b'x' * 1000), weights.flush(), time.sleep(1)) for _ in range(55)]; weights.close()"
    )
    # Within the limit the worker must begin, also on a busy machine.
    folder = slow_start(box, project, download, limit_s=40)
    with (folder / "project.toml").open("a") as file:
        file.write(f'[env]\nHF_HOME = "{box.root}/models"\n')

    box.ok("deploy", folder, "--detach")
    eventually(lambda: box.project(project), lambda p: p["reason"] == "downloading", within=60)
    found = eventually(lambda: box.project(project), lambda p: p["phase"] == "running", within=150)

    assert ("ready", True) == (found["reason"], "org/model" in box.ok("events", "--project", project))


def test_the_same_request_twice_is_one_restart(api: httpx.Client, project: str) -> None:
    """An Idempotency-Key: the answer is the same operation; another request under that key is refused."""
    headers = {"idempotency-key": "restart-1"}
    first = api.post(f"/v1/projects/{project}/restart?wait=60", headers=headers)
    again = api.post(f"/v1/projects/{project}/restart?wait=60", headers=headers)
    other = api.post(f"/v1/projects/{project}/stop", headers=headers)

    assert (200, first.json()["id"], "succeeded") == (again.status_code, again.json()["id"], again.json()["state"])
    assert (422, "idempotency_key_reused") == (other.status_code, other.json()["code"])


def test_who_looked_at_an_older_state_is_refused(box: Box, api: httpx.Client, project: str) -> None:
    """If-Match holds for every change, a deploy among them."""
    etag = api.get(f"/v1/projects/{project}").headers["etag"]
    api.post(f"/v1/projects/{project}/restart?wait=60")
    archive = pack(box.copy_project(PLAYGROUND, project, REVISION="late")).content
    stale = {"if-match": etag}
    answers = [
        api.post(f"/v1/projects/{project}/stop", headers=stale),
        api.post(f"/v1/projects/{project}/scale", headers=stale, json={"deployments": {"worker": {"replicas": 2}}}),
        api.post(f"/v1/projects/{project}/rollback", headers=stale),
        api.post(
            f"/v1/projects/{project}/revisions",
            headers=stale | {"content-type": "application/zip"},
            content=archive,
        ),
    ]

    assert {(412, "version_mismatch")} == {(answer.status_code, answer.json()["code"]) for answer in answers}
    assert box.project(project)["phase"] == "running"


def test_callers_at_once_get_an_orderly_answer(box: Box, api: httpx.Client, project: str) -> None:
    """Ten of them: every one gets an operation, all but the last are superseded, and the project ends as it asked."""
    verbs = ["restart", "stop", "start", "restart", "stop", "start", "stop", "start", "restart", "start"]

    def ask(verb: str) -> httpx.Response:
        return api.post(f"/v1/projects/{project}/{verb}")

    with ThreadPoolExecutor(len(verbs)) as pool:
        answers = list(pool.map(ask, verbs))
    last = api.post(f"/v1/projects/{project}/start?wait=120").json()

    assert {200, 202, 409} >= {answer.status_code for answer in answers}
    assert "succeeded" == last["state"]
    states = [operation["state"] for operation in api.get(f"/v1/operations?project={project}&limit=11").json()]
    assert {"succeeded", "cancelled"} >= set(states)
    assert ("running", "ready") == (box.project(project)["phase"], box.project(project)["reason"])
