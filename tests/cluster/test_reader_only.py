"""The unit as a process without a head: socket, lock, reading, stopping."""

from __future__ import annotations

import contextlib
import stat
import threading
from typing import TYPE_CHECKING

import httpx

from aanad.cluster import sessions
from tests.cluster.conftest import APP, eventually

if TYPE_CHECKING:
    from tests.cluster.conftest import RunningUnit


def test_reads_projects_without_any_ray(unit: RunningUnit) -> None:
    """With somebody else's cluster the unit still reads projects; it is ready at once and small."""
    unit.start("--reader-only")

    status = unit.status()

    assert (status.state, status.processes, status.dashboard_url, status.cold_starts) == ("ready", [], None, 0)
    assert stat.S_IMODE((unit.folder / "ray.sock").stat().st_mode) == 0o660
    assert unit.load({"shout/app.py": APP}).failure is None
    wrong = unit.load({"shout/app.py": APP}, project="../x").failure
    assert wrong is not None
    assert wrong.code == "invalid_input"


def test_stops_with_all_that_it_reads(unit: RunningUnit) -> None:
    """SIGTERM ends an import that hangs, removes the socket and exits with 0."""
    unit.start("--reader-only")
    assert unit.process is not None
    pid = unit.process.pid
    hanging = APP + "import pathlib, time\npathlib.Path('hangs').touch()\ntime.sleep(1000)\n"
    reading = threading.Thread(target=_read_in_vain, args=(unit, hanging))
    reading.start()
    eventually(lambda: list(unit.folder.rglob("hangs")), within=15, what="the import hangs")
    below = [stat.pid for stat in sessions.members({pid}) if stat.pid != pid]

    status = unit.stop()

    reading.join(10)
    assert below
    assert (status, sessions.members({pid, *below})) == (0, [])
    assert not (unit.folder / "ray.sock").exists()


def _read_in_vain(unit: RunningUnit, code: str) -> None:
    with contextlib.suppress(httpx.HTTPError):
        unit.load({"shout/app.py": code})


def test_a_second_unit_says_that_one_runs(unit: RunningUnit) -> None:
    """Two units on one folder would fight; the second leaves with a sentence and a hint."""
    unit.start("--reader-only")
    first = unit.process
    assert first is not None

    second = unit.spawn("--reader-only")

    assert second.wait(15) == 1
    unit.process = first
    error, hint = unit.log.read_text().splitlines()[-2:]
    assert error == f"error: A Ray unit (pid {first.pid}) runs on {unit.folder} already."
    assert hint.startswith("hint: ")
    assert unit.status().pid == first.pid


def test_a_stale_socket_is_no_obstacle(unit: RunningUnit) -> None:
    """After a SIGKILL the next unit starts on the same folder."""
    unit.start("--reader-only")
    unit.kill()

    unit.start("--reader-only")

    assert unit.stop() == 0
