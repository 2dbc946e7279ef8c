"""The unit as a process without a head: socket, lock, reading, stopping."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from aanad.cluster import processes, sessions
from aanad.wire.unit import EnvironmentResult
from tests.cluster.conftest import APP, eventually, zipped
from tests.cluster.wheels import hanging_package, make_wheel, requirements_for

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


def test_secrets_and_requirements_travel_over_the_socket(unit: RunningUnit, tmp_path: Path) -> None:
    """A project with both is read with both; a header that holds no variables is refused without repeating it."""
    make_wheel(tmp_path, "loud", "1.0", "")
    unit.start("--reader-only", PIP_CONFIG_FILE=os.devnull)
    code = APP + "import loud, os\nassert os.environ['TOKEN'] == 'geheim' * 10_000\n"

    made = EnvironmentResult.model_validate(unit.post("environment", requirements_for(tmp_path, "loud").encode()))
    good = base64.b64encode(json.dumps({"TOKEN": "geheim" * 10_000}).encode()).decode()
    read = unit.post("load", zipped({"shout/app.py": code}), environment=made.id, secrets=good)
    refused = [
        unit.post("load", b"", secrets=base64.b64encode(wrong).decode())["failure"]
        for wrong in (
            b"geheim",
            b'["geheim"]',
            b'{"TOKEN": 7}',
            b'{"NO NAME": "geheim"}',
            b'{"TOKEN": "\\u0000geheim"}',
        )
    ]

    assert (made.failure, read["failure"]) == (None, None)
    assert {failure["code"] for failure in refused} == {"invalid_input"}
    assert "geheim" not in json.dumps(refused) + unit.log.read_text()
    assert unit.post("environment", b"-e .\n")["failure"]["code"] == "invalid_requirements"
    assert unit.stop() == 0
    assert (unit.folder / "r" / "v" / made.id / "ready").exists()


def test_stops_with_an_installation_under_way(unit: RunningUnit, tmp_path: Path) -> None:
    """SIGTERM ends the installer and its builds at once, and what was half made is no environment."""
    source, mark = hanging_package(tmp_path)
    unit.start("--reader-only", PIP_CONFIG_FILE=os.devnull)
    text = f"--no-index\nloud @ file://{source}\n".encode()
    asking = threading.Thread(target=_ask_in_vain, args=(lambda: unit.post("environment", text),))
    asking.start()
    build = int(eventually(lambda: mark.exists() and mark.read_text(), within=25, what="a build is under way"))

    status = unit.stop()

    asking.join(10)
    stat = processes.read_stat(build)
    assert status == 0
    assert stat is None or not stat.is_alive
    assert list((unit.folder / "r" / "v").glob("*/ready")) == []


def test_stops_with_all_that_it_reads(unit: RunningUnit) -> None:
    """SIGTERM ends an import that hangs, removes the socket and exits with 0."""
    unit.start("--reader-only")
    assert unit.process is not None
    pid = unit.process.pid
    hanging = APP + "import pathlib, time\npathlib.Path('hangs').touch()\ntime.sleep(1000)\n"
    reading = threading.Thread(target=_ask_in_vain, args=(lambda: unit.load({"shout/app.py": hanging}),))
    reading.start()
    eventually(lambda: list(unit.folder.rglob("hangs")), within=15, what="the import hangs")
    below = [stat.pid for stat in sessions.members({pid}) if stat.pid != pid]

    status = unit.stop()

    reading.join(10)
    assert below
    assert (status, sessions.members({pid, *below})) == (0, [])
    assert not (unit.folder / "ray.sock").exists()


def _ask_in_vain(ask: Callable[[], object]) -> None:
    with contextlib.suppress(httpx.HTTPError):
        ask()


def test_it_logs_to_a_file_that_its_group_reads(unit: RunningUnit) -> None:
    """The status names the file; with ``--quiet`` nothing is said on standard error as well."""
    unit.start("--reader-only", "--quiet")
    path = unit.status().log_file
    assert path is not None

    records = [json.loads(line) for line in Path(path).read_text().splitlines()]

    assert "unit.ready" in [record["message"].strip() for record in records]
    assert Path(path).stat().st_mode & 0o777 == 0o640
    assert unit.log.read_text() == ""


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
