"""A real head, and what happens to it when parts of it or the unit are killed."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from aanad.cluster import processes
from tests.cluster.conftest import eventually

if TYPE_CHECKING:
    from aanad.wire.unit import UnitProcess, UnitStatus
    from tests.cluster.conftest import RunningUnit

pytestmark = pytest.mark.faults


def parts(status: UnitStatus) -> dict[str, UnitProcess]:
    return {process.name: process for process in status.processes}


def nodes_answer(unit: RunningUnit, status: UnitStatus) -> bool:
    """Whether the head answers with the token, and refuses without."""
    token = (unit.folder / "ray-token").read_text()
    url = f"{status.dashboard_url}/nodes?view=summary"
    with httpx.Client(timeout=10) as client:
        return (
            client.get(url, headers={"Authorization": f"Bearer {token}"}).is_success
            and client.get(url).status_code == 401
        )


@pytest.mark.parametrize("name", ["gcs_server", "dashboard"])
def test_a_killed_part_is_run_again_in_place(ready_unit: RunningUnit, name: str) -> None:
    """The part comes back with another pid; the raylet, and with it every replica, is the same as before."""
    before = ready_unit.until_ready()

    os.kill(parts(before)[name].pid, signal.SIGKILL)
    after = ready_unit.until(
        lambda status: status.state == "ready" and parts(status)[name].pid != parts(before)[name].pid,
        what=f"{name} is back",
    )

    assert parts(after)["raylet"] == parts(before)["raylet"]
    assert parts(after)[name].restarts == parts(before)[name].restarts + 1
    assert (after.cold_starts, after.session_dir) == (before.cold_starts, before.session_dir)
    assert nodes_answer(ready_unit, after)


def test_a_killed_raylet_is_a_cold_start(ready_unit: RunningUnit) -> None:
    """Everything is new, is counted as such, and nothing of the old head is left."""
    before = ready_unit.until_ready()
    old = [stat.id for stat in processes.all_stats() if stat.pid in ready_unit.left()]

    os.kill(parts(before)["raylet"].pid, signal.SIGKILL)
    after = ready_unit.until(
        lambda status: status.state == "ready" and status.cold_starts == before.cold_starts + 1, what="a new head"
    )

    assert {name: part.restarts for name, part in parts(after).items()} == dict.fromkeys(parts(before), 0)
    assert after.session_dir != before.session_dir
    assert old
    assert [process for process in old if processes.is_alive(process)] == []
    assert nodes_answer(ready_unit, after)


def test_a_killed_unit_is_followed_by_one_that_adopts(ready_unit: RunningUnit) -> None:
    """SIGKILL leaves the head alone; the next unit takes it over, and still mends and notices everything."""
    before = ready_unit.until_ready()

    ready_unit.kill()
    assert nodes_answer(ready_unit, before)
    os.kill(parts(before)["gcs_server"].pid, signal.SIGKILL)
    ready_unit.start()
    after = ready_unit.until_ready()

    assert parts(after)["raylet"] == parts(before)["raylet"]
    assert parts(after)["dashboard"] == parts(before)["dashboard"]
    assert parts(after)["gcs_server"].pid != parts(before)["gcs_server"].pid
    assert (after.cold_starts, after.session_dir) == (before.cold_starts, before.session_dir)
    assert nodes_answer(ready_unit, after)


def test_other_settings_and_an_orderly_stop_leave_nothing(unit: RunningUnit) -> None:
    """A head of other settings is ended, not adopted; SIGTERM then leaves no process, socket or database."""
    unit.start()
    before = unit.until_ready()
    old = unit.left()
    unit.kill()

    unit.start(AANA_RAY__NUM_CPUS="2")
    after = unit.until_ready()
    assert after.cold_starts == before.cold_starts + 1
    assert set(old).isdisjoint(unit.left())
    assert unit.stop() == 0

    assert unit.left() == []
    names = {path.name for path in unit.folder.iterdir()} - {"unit.log"}
    assert names == {"ray-token", "ray.lock", "r", "logs"}
    assert {path.name for path in (unit.folder / "r").iterdir()} == {"t", "ray-start.log"}


def test_a_node_joins_with_the_heads_token(ready_unit: RunningUnit, unit: RunningUnit) -> None:
    """``--join`` adds a machine's resources to the head's, and its stop takes away that node alone."""
    head = ready_unit.until_ready()
    token = ready_unit.folder / "ray-token"

    unit.start(
        "--join",
        f"{head.node_address}:{ready_unit.env['AANA_RAY__PORT']}",
        AANA_RAY__TOKEN_PATH=str(token),
        AANA_RAY__NUM_CPUS="3",
    )
    joined = unit.until_ready()

    def cpus(state: str) -> list[float]:
        answer = httpx.get(
            f"{head.dashboard_url}/api/v0/nodes", headers={"Authorization": f"Bearer {token.read_text()}"}
        )
        nodes = answer.json()["data"]["result"]["result"]
        return sorted(node["resources_total"]["CPU"] for node in nodes if node["state"] == state)

    assert list(parts(joined)) == ["raylet"]
    eventually(lambda: cpus("ALIVE") == [1.0, 3.0], within=20, what="both nodes are in the cluster")
    assert unit.stop() == 0
    assert unit.left() == []
    eventually(lambda: cpus("ALIVE") == [1.0], within=20, what="the node has left")
    assert parts(ready_unit.until_ready()) == parts(head)


def test_a_head_that_cannot_start_is_tried_again(unit: RunningUnit) -> None:
    """A failure stays visible, with its code and a hint, while the unit goes on trying."""
    unit.start(AANA_RAY__START_TIMEOUT_S="0.5")

    failed = unit.until(lambda status: status.state == "failed", what="a failure")
    unit.until(lambda _: unit.log.read_text().count("ray_start_failed") == 1 and len(unit.sessions) > 1, what="a retry")

    assert (failed.code, failed.message) == ("ray_start_failed", "Starting Ray did not finish within 0.5 s.")
    assert failed.hint
    assert unit.status().state == "failed"
    assert unit.stop() == 0
    assert unit.left() == []


def test_a_stop_while_the_head_starts_leaves_nothing(unit: RunningUnit) -> None:
    """Ctrl-C in the first seconds is a stop like any other."""
    unit.start()
    unit.until(lambda _: unit.sessions and len(unit.left()) > 1, what="ray start is at work")

    assert unit.stop() == 0
    assert unit.left() == []


def test_a_port_in_use_is_said_before_anything_starts(unit: RunningUnit) -> None:
    """The unit leaves with status 1, a sentence and a hint; the reason is also in its state file."""
    port = int(unit.env["AANA_SERVE__PORT"])
    with socket.create_server(("127.0.0.1", port)):
        status = unit.spawn().wait(20)

    error, hint = unit.log.read_text().splitlines()[-2:]
    assert status == 1
    assert error.startswith(f"error: Port {port}, which the setting serve.port names, is in use by ")
    assert hint == "hint: Stop what uses it, or set AANA_SERVE__PORT to a free port."
    written = unit.record()["status"]
    assert (written["state"], written["code"]) == ("failed", "port_in_use")
    assert unit.record()["head"] is None
