"""What each SIGKILL costs: nothing, a replica's restart, or a cold start after which all is as desired again."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from tests.e2e.box import PROJECTS, TEST_PROJECTS, Box, eventually
from tests.faults.traffic import Traffic

pytestmark = pytest.mark.faults
BODY = {"text": ["ABC"]}


@pytest.fixture(scope="module", autouse=True)
def projects(box: Box) -> None:
    """One project that runs, and one that was stopped and must stay so."""
    box.ok("deploy", PROJECTS / "lowercase")
    box.ok("deploy", box.copy_project(TEST_PROJECTS / "playground", "idle"))
    box.ok("stop", "idle")


def kill(pid: int) -> None:
    """SIGKILL."""
    os.kill(pid, signal.SIGKILL)


def test_a_killed_replica_comes_back_by_itself(box: Box) -> None:
    """Serve starts another one; the project is running again, the death is an event and counted."""
    [pid] = box.pids("lowercase")["lowercase_deployment"]

    kill(pid)

    eventually(
        lambda: box.pids("lowercase").get("lowercase_deployment", set()),
        lambda pids: pids and pid not in pids,
        within=60,
    )
    eventually(lambda: box.project("lowercase")["phase"], lambda phase: phase == "running", within=60)
    assert box.post("/lowercase/lowercase", json=BODY).json() == {"text": ["abc"]}
    died = [event for event in box.json("events") if event["type"] == "replica.died"]
    assert [(event["project"], event["data"]["pid"]) for event in died] == [("lowercase", pid)]


@pytest.mark.parametrize("component", ["gcs_server", "dashboard"])
def test_a_killed_part_of_the_head_is_run_again_in_place(box: Box, component: str) -> None:
    """Replicas keep their pids and answer all the while; the daemon can change things again afterwards."""
    before = box.pids("lowercase")
    pid = box.component(component)
    cold_starts = box.json("status")["cluster"]["cold_starts"]

    with Traffic(box.serve_url + "/lowercase/lowercase", BODY) as traffic:
        eventually(traffic.answered, lambda count: count > 20)
        kill(pid)
        eventually(lambda: box.component(component), lambda now: now != pid, within=30)
        eventually(lambda: box.json("status")["cluster"]["state"], lambda state: state == "ready", within=60)
        eventually(lambda: box.project("lowercase")["phase"], lambda phase: phase == "running", within=60)

    assert {} == traffic.failures
    assert before == box.pids("lowercase")
    assert cold_starts == box.json("status")["cluster"]["cold_starts"]
    box.ok("start", "idle")
    box.ok("stop", "idle")


def test_a_killed_daemon_adopts_what_runs(box: Box) -> None:
    """No request is lost while there is no daemon, and the next one finds the same replicas."""
    before = box.pids("lowercase")
    since = box.project("lowercase")["since"]

    with Traffic(box.serve_url + "/lowercase/lowercase", BODY) as traffic:
        eventually(traffic.answered, lambda count: count > 20)
        box.kill_daemon()
        after_kill = traffic.answered()
        eventually(traffic.answered, lambda count: count > after_kill + 20)
        box.start()
        eventually(lambda: box.project("lowercase")["phase"], lambda phase: phase == "running", within=30)

    assert {} == traffic.failures
    assert before == box.pids("lowercase")
    assert since == box.project("lowercase")["since"]
    assert box.project("idle")["phase"] == "stopped"


def test_a_killed_ray_unit_is_replaced_and_replicas_stay(box: Box) -> None:
    """The supervisor itself may die: the daemon starts another, which adopts the head."""
    before = box.pids("lowercase")
    unit = box.unit_state()["unit"][0]

    kill(unit)

    eventually(lambda: box.unit_state()["unit"][0], lambda pid: pid != unit, within=30)
    eventually(lambda: box.json("status")["cluster"]["state"], lambda state: state == "ready", within=60)
    assert before == box.pids("lowercase")
    assert box.post("/lowercase/lowercase", json=BODY).status_code == 200


def test_a_killed_raylet_is_a_cold_start(box: Box) -> None:
    """Every project that should run, and no other, runs again; what was deployed is still there."""
    before = box.pids("lowercase")
    revision = box.project("lowercase")["revision"]

    kill(box.component("raylet"))

    eventually(lambda: box.json("status")["cluster"]["cold_starts"], lambda count: count > 1, within=60)
    eventually(lambda: box.project("lowercase")["phase"], lambda phase: phase == "running", within=120)
    assert box.post("/lowercase/lowercase", json=BODY).json() == {"text": ["abc"]}
    assert set.union(*before.values()).isdisjoint(set.union(*box.pids("lowercase").values()))
    assert (revision, "stopped") == (box.project("lowercase")["revision"], box.project("idle")["phase"])
    assert "cluster.restarted" in {event["type"] for event in box.json("events")}


def test_a_second_daemon_on_the_same_folders_is_refused(box: Box) -> None:
    """One sentence, a hint, exit status 1; the first daemon does not notice."""
    import subprocess

    from tests.e2e.box import BIN

    done = subprocess.run([BIN / "aanad"], env=box.environment, capture_output=True, text=True, timeout=60, check=False)

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error: Another aanad listens on ")
    assert "hint: " in done.stderr
    assert box.project("lowercase")["phase"] == "running"


def test_sigterm_leaves_nothing_behind(box: Box) -> None:
    """Daemon, unit, Ray and HAProxy are gone, the ports are free, the socket is removed, and the exit status is 0."""
    status = box.stop()

    assert status == 0
    assert [] == [process.cmdline() for process in box.left_behind()]
    assert not box.socket.exists()
    listening = {c.laddr.port for c in psutil.net_connections("tcp") if c.status == "LISTEN"}
    assert box.serve_port not in listening


def test_after_a_stop_the_next_start_restores_what_should_run(box: Box) -> None:
    """Desired state is on disk: the next daemon starts what should run, and nothing else."""
    box.start()

    eventually(lambda: box.project("lowercase")["phase"], lambda phase: phase == "running", within=120)
    assert box.post("/lowercase/lowercase", json=BODY).json() == {"text": ["abc"]}
    assert box.project("idle")["phase"] == "stopped"
