"""Environment, command line and record: what a head is given, and what is written down of it."""

from __future__ import annotations

import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aanad.cluster import command_line, environment, state_file
from aanad.cluster.folders import Folders
from aanad.cluster.ports import ServePorts
from aanad.cluster.processes import ProcessId
from aanad.cluster.sessions import Session
from aanad.cluster.state_file import Component, HeadRecord, UnitRecord
from aanad.settings import LogSettings, RaySettings, ServeSettings, Settings
from aanad.wire.unit import UnitState, UnitStatus

GIB = 1024**3


def test_replicas_get_no_settings_of_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords in AANA_* and Python's own variables stay here; what authors rely on passes."""
    monkeypatch.setenv("AANA_DATABASE__URL", "postgresql://user:secret@db/aana")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("RAY_ADDRESS", "elsewhere:6379")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    monkeypatch.setenv("HF_HOME", "/models")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    env = environment.clean_environment()

    assert env["HF_HOME"] == "/models"
    assert env["PATH"] == f"{Path(sys.executable).parent}:/usr/bin:/bin"
    assert {"AANA_DATABASE__URL", "PYTHONPATH", "RAY_ADDRESS", "NOTIFY_SOCKET"}.isdisjoint(env)


def test_haproxys_sockets_fit_into_a_path(tmp_path: Path) -> None:
    """Wherever the runtime folder is, HAProxy can bind its sockets, which a kernel limits to 107 bytes."""
    for runtime_dir in ("/run/aana", "/run/user/1000/aana", "/tmp/" + "x" * 80):
        settings = Settings(runtime_dir=Path(runtime_dir), state_dir=tmp_path)
        folders = Folders(settings)
        env = environment.ray_settings(settings, folders, serve_ports=ServePorts(1, 2, 3))
        admin = Path(env["RAY_SERVE_HAPROXY_SOCKET_PATH"])

        assert len(f"{admin.parent}/{'0' * 56}/{admin.name}.1234567.tmp") <= 107
        assert len(str(folders.ray_temp)) <= 40


def test_replicas_are_told_where_to_note_their_starts(tmp_path: Path) -> None:
    """A folder of the unit's own, private as all that is in it."""
    settings = Settings(runtime_dir=tmp_path, state_dir=tmp_path)
    env = environment.ray_settings(settings, Folders(settings), serve_ports=ServePorts(1, 2, 3))

    assert env["AANA_STARTS_DIR"] == str(settings.ray_dir / "s")


def test_replicas_are_told_how_many_calls_may_fail(tmp_path: Path) -> None:
    """The operator's settings, which the SDK reads where an author says nothing."""
    serve = ServeSettings(failure_ratio=0.25, failure_window_s=30, failure_min_calls=5)
    settings = Settings(runtime_dir=tmp_path, state_dir=tmp_path, serve=serve)
    env = environment.ray_settings(settings, Folders(settings), serve_ports=ServePorts(1, 2, 3))

    assert {"AANA_FAILURE_RATIO": "0.25", "AANA_FAILURE_WINDOW_S": "30.0", "AANA_FAILURE_MIN_CALLS": "5"}.items() <= (
        env.items()
    )


def test_ray_rotates_logs_as_the_operator_says(tmp_path: Path) -> None:
    """Ray's own processes, the replicas' streams and Serve's loggers in them read these two."""
    settings = Settings(runtime_dir=tmp_path, state_dir=tmp_path, log=LogSettings(file_max_bytes=70_000, files_kept=2))
    env = environment.ray_settings(settings, Folders(settings), serve_ports=ServePorts(1, 2, 3))

    assert (env["RAY_ROTATION_MAX_BYTES"], env["RAY_ROTATION_BACKUP_COUNT"]) == ("70000", "2")


def test_two_clusters_of_a_machine_share_no_port(tmp_path: Path) -> None:
    """Also the proxy that holds requests while a project has no replica listens on a port of its own cluster."""
    settings = Settings(runtime_dir=tmp_path, state_dir=tmp_path)
    env = environment.ray_settings(settings, Folders(settings), serve_ports=ServePorts(1, 2, 3))

    names = ("RAY_SERVE_HAPROXY_STATS_PORT", "RAY_SERVE_HAPROXY_METRICS_PORT", "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT")
    assert ["1", "2", "3"] == [env[name] for name in names]


def test_a_head_fits_until_a_setting_that_it_was_started_with_changes() -> None:
    """Changing how long to wait adopts the head; changing a port or a size needs a new one."""
    base = Settings(serve=ServeSettings(port=8000))
    patient = Settings(
        serve=ServeSettings(port=8000, ready_timeout_s=1), ray=RaySettings(load_timeout_s=5, environment_timeout_s=6)
    )
    moved = Settings(serve=ServeSettings(port=8001))
    smaller = Settings(serve=ServeSettings(port=8000), ray=RaySettings(num_cpus=1))

    known = command_line.fingerprint(base, joins=None)

    assert command_line.fingerprint(patient, joins=None) == known
    assert known not in {command_line.fingerprint(moved, joins=None), command_line.fingerprint(smaller, joins=None)}
    assert command_line.fingerprint(base, joins="10.0.0.1:6379") != known


@pytest.mark.parametrize(
    ("memory", "shared_free", "expected"),
    [
        (16 * GIB, 8 * GIB, 16 * GIB // 10),
        (256 * GIB, 128 * GIB, 2 * GIB),
        (16 * GIB, 1 * GIB, int(0.9 * GIB)),
        (16 * GIB, 64 * 1024**2, 80 * 1024**2),
    ],
)
def test_the_object_store_is_modest(memory: int, shared_free: int, expected: int) -> None:
    """A tenth of the memory, at most 2 GiB, no more than shared memory holds, never less than Ray takes."""
    assert command_line.object_store_bytes(memory, shared_free) == expected


def test_the_record_comes_back_as_it_was_and_nobody_else_reads_it(tmp_path: Path) -> None:
    """The next unit reads exactly what this one knew; the file, which holds an environment, is private."""
    path = tmp_path / "ray-unit.json"
    record = UnitRecord(
        boot="b",
        unit=ProcessId(1, 2),
        status=UnitStatus(pid=1, version="0", state=UnitState.READY, since=datetime.now(UTC), cold_starts=3),
        head=HeadRecord(
            fingerprint="f",
            sessions=[Session(10, 20)],
            components=[
                Component(name="raylet", process=ProcessId(10, 20), argv=["raylet"], env={"HF_TOKEN": "x"}, cwd="/")
            ],
        ),
    )

    state_file.write(path, record)

    assert state_file.read(path) == record
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", '{"boot": 1}'])
def test_a_damaged_record_is_no_record(tmp_path: Path, content: str) -> None:
    """A file cut short by a crash leads to a clean start."""
    path = tmp_path / "ray-unit.json"
    path.write_text(content)

    assert state_file.read(path) is None
