"""What each SIGKILL costs: nothing, a replica's restart, or a cold start after which all is as desired again."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest

from aanad.wire.manifest import INGRESS_DEPLOYMENT
from tests.e2e.box import PROJECTS, Box, eventually
from tests.faults.fault import (
    ANSWER,
    BODY,
    COLD_START_S,
    DEPLOYMENT,
    DESIRED,
    Fault,
    haproxy,
    serve_controller,
    standing,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
HAPROXY_OUTAGE_S = 5.0

Strike = Callable[..., Fault]


@pytest.fixture
def strike(box: Box, report: list[str]) -> Strike:
    """Begins a fault under load."""

    def begin(what: str, *, project: str = "lowercase") -> Fault:
        return Fault(box, what, project=project, report=report)

    return begin


def all_pids(box: Box) -> dict[str, dict[str, set[int]]]:
    """Every replica of every project that runs."""
    return {name: box.pids(name) for name, count in DESIRED.items() if count}


@pytest.mark.parametrize(
    ("what", "project", "deployment"),
    [
        ("the only replica", "lowercase", DEPLOYMENT),
        ("one of two replicas", "pair", DEPLOYMENT),
        ("the ingress replica", "lowercase", INGRESS_DEPLOYMENT),
    ],
)
def test_a_killed_replica_comes_back_by_itself(
    box: Box, strike: Strike, what: str, project: str, deployment: str
) -> None:
    """Serve starts another one; the project is running again, the death is an event and counted."""
    before = box.pids(project)
    pid = min(before[deployment])

    with strike(what, project=project) as fault:
        fault.kill(pid)
        fault.until_as_desired(lambda: pid not in box.pids(project).get(deployment, {pid}))

    after = box.pids(project)
    assert len(after[deployment] - before[deployment]) == 1
    assert {name: pids for name, pids in before.items() if name != deployment} == {
        name: pids for name, pids in after.items() if name != deployment
    }
    died = [event for event in box.json("events") if event["type"] == "replica.died" and event["data"]["pid"] == pid]
    assert [(event["project"], event["data"]["deployment"]) for event in died] == [(project, deployment)]
    assert {1} == {r["restarts"] for r in box.json("replicas", project) if r["deployment"] == deployment}


@pytest.mark.parametrize("component", ["gcs_server", "dashboard"])
def test_a_killed_part_of_the_head_is_run_again_in_place(box: Box, strike: Strike, component: str) -> None:
    """Replicas keep their pids and answer all the while; the daemon can change things again afterwards."""
    before = all_pids(box)
    pid = box.component(component)
    cold_starts = box.json("status")["cluster"]["cold_starts"]

    with strike(component) as fault:
        fault.kill(pid)
        fault.until_as_desired(lambda: box.component(component) != pid)

    assert {} == fault.traffic.failures
    assert before == all_pids(box)
    assert cold_starts == box.json("status")["cluster"]["cold_starts"]
    box.ok("start", "idle")
    box.ok("stop", "idle")


def test_a_killed_daemon_adopts_what_runs(box: Box, strike: Strike) -> None:
    """No request is lost while there is no daemon, and the next one finds the same replicas."""
    before = all_pids(box)
    since = box.project("lowercase")["since"]
    assert box.daemon is not None

    with strike("daemon") as fault:
        fault.kill(box.daemon.pid)
        box.daemon.wait()
        fault.until_more_answers()
        box.start(ready=False)
        fault.until_as_desired(lambda: True)

    assert {} == fault.traffic.failures
    assert before == all_pids(box)
    assert since == box.project("lowercase")["since"]


def test_a_killed_ray_unit_is_replaced_and_replicas_stay(box: Box, strike: Strike) -> None:
    """The supervisor itself may die: the daemon starts another, which adopts the head."""
    before = all_pids(box)
    unit = box.unit_state()["unit"][0]

    with strike("aanad ray") as fault:
        fault.kill(unit)
        fault.until_as_desired(lambda: box.unit_state()["unit"][0] != unit)

    assert {} == fault.traffic.failures
    assert before == all_pids(box)


def test_a_killed_haproxy_is_back_within_seconds(box: Box, strike: Strike) -> None:
    """Clients are refused for less than five seconds; no replica notices."""
    before = all_pids(box)
    pid = haproxy(box)
    assert pid is not None

    with strike("HAProxy") as fault:
        fault.kill(pid)
        fault.until_as_desired(lambda: haproxy(box) not in {pid, None})
        fault.until_more_answers()

    assert fault.traffic.longest_outage_s() < HAPROXY_OUTAGE_S
    assert before == all_pids(box)


def test_serve_without_its_controller_goes_on_until_it_is_back(box: Box, strike: Strike) -> None:
    """Requests do not need the controller; Ray starts it again, it finds its replicas, and deploying works."""
    before = all_pids(box)
    pid = serve_controller(box)
    assert pid is not None

    with strike("Serve's controller") as fault:
        fault.kill(pid)
        fault.until_as_desired(lambda: serve_controller(box) not in {pid, None})

    assert {} == fault.traffic.failures
    assert before == all_pids(box)
    box.ok("deploy", box.copy_project(PROJECTS / "lowercase", "later"))
    assert box.post("/later/lowercase", json=BODY).json() == ANSWER
    box.ok("rm", "later", "--force")


def test_a_killed_raylet_is_a_cold_start(box: Box, strike: Strike) -> None:
    """Every project that should run, and no other, runs again; what was deployed is still there."""
    before = box.pids("lowercase")
    revision = box.project("lowercase")["revision"]
    cold_starts = box.json("status")["cluster"]["cold_starts"]

    with strike("raylet") as fault:
        fault.kill(box.component("raylet"))
        fault.until_as_desired(lambda: box.json("status")["cluster"]["cold_starts"] > cold_starts)
        fault.until_more_answers()

    assert set.union(*before.values()).isdisjoint(set.union(*box.pids("lowercase").values()))
    assert revision == box.project("lowercase")["revision"]
    assert "cluster.restarted" in {event["type"] for event in box.json("events")}


def test_a_second_daemon_on_the_same_folders_is_refused(box: Box) -> None:
    """One sentence, a hint, exit status 1; the first daemon does not notice."""
    done = box.run_daemon()

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error: Another aanad listens on ")
    assert "hint: " in done.stderr
    assert not standing(box)


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

    eventually(lambda: standing(box), lambda found: not found, within=COLD_START_S)
