"""The whole path: a folder, the daemon, Ray Serve, an HTTP answer, the command."""

from __future__ import annotations

import json

import pytest

from tests.e2e.box import PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def lowercase(box: Box) -> None:
    """The project lowercase, deployed from its folder."""
    box.ok("deploy", PROJECTS / "lowercase")


def test_a_json_request_is_answered_in_lower_case(box: Box) -> None:
    """The endpoint answers at /<project>/<path> on Serve's port."""
    answer = box.post("/lowercase/lowercase", json={"text": ["Hello", "AANA"]})

    assert (200, {"text": ["hello", "aana"]}) == (answer.status_code, answer.json())


def test_a_form_request_is_answered_too(box: Box) -> None:
    """Curl -F body='{…}' works as it did with the original SDK."""
    answer = box.post("/lowercase/lowercase", files={"body": (None, json.dumps({"text": ["ABC"]}))})

    assert (200, {"text": ["abc"]}) == (answer.status_code, answer.json())


def test_a_wrong_request_is_a_problem(box: Box) -> None:
    """What does not fit the signature is a 422 problem with a code and the field, never a traceback."""
    answer = box.post("/lowercase/lowercase", json={"txt": ["ABC"]})

    problem = answer.json()
    assert (422, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert {"code", "message", "hint", "request_id"} <= problem.keys()
    assert "Traceback" not in answer.text


def test_the_project_describes_itself(box: Box) -> None:
    """OpenAPI 3.1 and a page for people are under the project's prefix."""
    openapi = box.read("/lowercase/openapi.json").json()

    assert openapi["openapi"].startswith("3.1")
    assert "/lowercase" in openapi["paths"]
    assert box.read("/lowercase/docs").headers["content-type"].startswith("text/html")


def test_ps_says_running(box: Box) -> None:
    """The line of ps, as scripts rely on it."""
    [project] = [each for each in box.json("ps") if each["name"] == "lowercase"]

    since = project.pop("since")
    revision = project.pop("revision")
    assert since.endswith("Z")
    assert len(revision) == 12
    assert project.pop("etag")
    assert project == {
        "name": "lowercase",
        "phase": "running",
        "reason": "ready",
        "message": "",
        "hint": "",
        "desired": "running",
        "route_prefix": "/lowercase",
        "ready": 2,
        "replicas": 2,
        "endpoints": [{"name": "lowercase", "path": "/lowercase"}],
    }


def test_replicas_have_pids_and_memory(box: Box) -> None:
    """Each replica is shown with its process and, once its node reported it, its memory."""
    replicas = eventually(
        lambda: box.json("replicas", "lowercase"), lambda found: all(r["rss_bytes"] for r in found), within=30
    )

    assert {"ingress", "lowercase_deployment"} == {replica["deployment"] for replica in replicas}
    assert all(replica["phase"] == "running" and replica["pid"] > 0 for replica in replicas)
    assert all(replica["rss_bytes"] > 10_000_000 for replica in replicas)


def test_endpoints_have_schemas(box: Box) -> None:
    """The schema of a request is made from the signature of `run`."""
    [endpoint] = box.json("endpoints", "lowercase")

    assert endpoint["url"] == f"{box.serve_url}/lowercase/lowercase"
    assert endpoint["request_schema"]["required"] == ["text"]


def test_invoke_passes_a_request_through(box: Box) -> None:
    """Aana invoke prints the endpoint's answer, and exits with 1 when the endpoint refuses."""
    done = box.aana("invoke", "lowercase", "lowercase", "--data", '{"text": ["ÄB"]}')
    refused = box.aana("invoke", "lowercase", "lowercase", "--data", "{}")

    assert (0, {"text": ["äb"]}) == (done.returncode, json.loads(done.stdout))
    assert (1, True) == (refused.returncode, refused.stderr.startswith("error: "))


def test_what_happened_is_recorded(box: Box) -> None:
    """Events tell the operation with its actor and every phase."""
    events = box.json("events", "--project", "lowercase", "--limit", "1000")

    assert "operation.started" in {event["type"] for event in events}
    phases = [event["data"]["phase"] for event in events if event["type"] == "project.phase"]
    assert phases[-1] == "running"
    assert {event["actor"] for event in events if event["type"] == "operation.started"} == {_user()}


def test_deploying_the_same_files_again_changes_nothing(box: Box) -> None:
    """The revision is named by its content, so nothing restarts."""
    before = box.pids("lowercase")

    box.ok("deploy", PROJECTS / "lowercase")

    assert before == box.pids("lowercase")


def test_the_tutorials_target_works(box: Box) -> None:
    """module:attribute, with or without a leading dot, from inside the project's folder."""
    folder = box.copy_project(PROJECTS / "lowercase", "dotted")
    for target in ("app:aana_app", ".app:aana_app"):
        done = box.aana_in(folder, "deploy", target)

        assert done.returncode == 0, done.stderr
    assert box.post("/dotted/lowercase", json={"text": ["A"]}).json() == {"text": ["a"]}
    box.remove("dotted")


def test_stop_start_restart_and_remove(box: Box) -> None:
    """Each verb waits for its outcome, and ps agrees with it."""
    box.ok("deploy", box.copy_project(PROJECTS / "lowercase", "verbs"))
    first = box.pids("verbs")

    box.ok("restart", "verbs")
    second = box.pids("verbs")
    assert set.union(*first.values()).isdisjoint(set.union(*second.values()))

    box.ok("stop", "verbs")
    assert ("stopped", "stopped_by_operator") == (box.project("verbs")["phase"], box.project("verbs")["reason"])
    assert box.json("replicas", "verbs") == []

    box.ok("start", "verbs")
    assert box.post("/verbs/lowercase", json={"text": ["A"]}).status_code == 200

    refused = box.aana("rm", "verbs")
    assert (4, True) == (refused.returncode, "hint: " in refused.stderr)
    box.ok("rm", "--force", "verbs")
    assert box.aana("start", "verbs").returncode == 3


def test_status_tells_ray_and_the_store(box: Box) -> None:
    """Aana status shows the daemon, the supervised processes of the head, and the database."""
    status = box.json("status")

    assert ("ready", True) == (status["cluster"]["state"], status["store"]["ok"])
    assert {"gcs_server", "raylet", "dashboard"} <= {p["name"] for p in status["cluster"]["processes"]}


def test_nothing_listens_beyond_loopback_for_clients(box: Box) -> None:
    """Serve's port and the control socket are closed to the network by default."""
    import psutil

    listening = {
        c.laddr.ip for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr.port == box.serve_port
    }
    assert listening == {"127.0.0.1"}
    assert box.socket.stat().st_mode & 0o777 == 0o660


def _user() -> str:
    import getpass

    return getpass.getuser()
