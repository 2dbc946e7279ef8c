"""Workers start in their runtime environment as by Ray's own script, without importing Ray for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ray._private.runtime_env.context import RuntimeEnvContext

from aanad.cluster import worker_setup
from aanad.cluster.ray_start_hook import WORKER_SETUP, adjust

WORKER = """
import json, os, sys
print(json.dumps({
    "arguments": sys.argv[1:], "folder": os.getcwd(), "pid": os.getpid(),
    "variables": [os.environ.get(name) for name in ("COLOUR", "LONGER", "EMPTY")],
}))
"""


@pytest.fixture
def worker(tmp_path: Path) -> Path:
    """A worker's script that says how it was started."""
    path = tmp_path / "a worker.py"
    path.write_text(WORKER)
    return path


def context(folder: Path, **changes: Any) -> str:
    """What the raylet passes on of an environment with a working directory and variables."""
    known = RuntimeEnvContext(
        command_prefix=["cd", str(folder), "&&"],
        env_vars={"COLOUR": "blue & 'green'", "LONGER": "${HOME}/more", "EMPTY": "x${NOBODY_SET_THIS}"},
    )
    return json.dumps(known.__dict__ | changes)


def started(script: Path, worker: Path, given: str) -> tuple[dict[str, Any], int]:
    """What the worker says that this script starts, and the pid that the raylet knows."""
    arguments = [str(worker), "--node-ip=127.0.0.1", f"--serialized-runtime-env-context={given}", "--a=it's", ""]
    process = subprocess.Popen(
        [sys.executable, script, *arguments, "--language=PYTHON"], stdout=subprocess.PIPE, text=True
    )
    output, _ = process.communicate(timeout=60)
    return json.loads(output), process.pid


def test_a_worker_starts_as_by_rays_own_script(worker: Path, tmp_path: Path) -> None:
    """Arguments, folder, variables and interpreter are the same; it is the process that the raylet started."""
    given = context(tmp_path)
    ours, pid = started(WORKER_SETUP, worker, given)
    rays, _ = started(Path(worker_setup.rays_own([])[1]), worker, given)

    assert ours.pop("pid") == pid
    rays.pop("pid")
    assert ours == rays
    assert ours["folder"] == str(tmp_path)
    assert ours["variables"] == ["blue & 'green'", f"{os.environ['HOME']}/more", "x"]


def test_an_environment_s_own_interpreter_is_used(worker: Path, tmp_path: Path) -> None:
    """That of a project with requirements, say."""
    given = context(tmp_path, py_executable="/v/bin/python")
    arguments = [str(worker), f"--serialized-runtime-env-context={given}", "--language=PYTHON"]
    command = worker_setup.command_of(arguments, {})

    assert command is not None
    assert f"exec /v/bin/python '{worker}'" in command[-1]


@pytest.mark.parametrize(
    ("language", "changes"),
    [("CPP", {}), ("PYTHON", {"override_worker_entrypoint": "/in/an/image.py"}), ("PYTHON", {"of_a_newer_ray": 1})],
)
def test_what_it_does_not_know_is_left_to_ray(tmp_path: Path, language: str, changes: dict[str, Any]) -> None:
    """Whole, and nothing has been changed by then."""
    arguments = ["worker", f"--serialized-runtime-env-context={context(tmp_path, **changes)}", f"--language={language}"]
    environment: dict[str, str] = {}

    assert worker_setup.command_of(arguments, environment) is None
    assert not environment
    assert worker_setup.rays_own(arguments)[2:] == arguments
    assert Path(worker_setup.rays_own(arguments)[1]).is_file()


def test_it_knows_all_that_ray_says() -> None:
    """A new Ray with more in its context is noticed here, before its workers silently start slowly."""
    assert RuntimeEnvContext().__dict__.keys() <= worker_setup.KNOWN


def test_it_imports_nothing_of_ray() -> None:
    """Which is what it is for."""
    program = f"import sys, runpy; runpy.run_path({str(WORKER_SETUP)!r}); print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout == "False\n"


def test_ray_start_is_told() -> None:
    """By its hook, which also leaves out the client server."""

    class Parameters:
        ray_client_server_port: int | None = 10001
        setup_worker_path: str | None = None

    parameters = Parameters()
    adjust(parameters, head=True)

    assert parameters.ray_client_server_port is None
    assert parameters.setup_worker_path is not None
    assert Path(parameters.setup_worker_path).is_file()
