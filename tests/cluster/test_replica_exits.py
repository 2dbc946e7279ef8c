"""A real replica on a real head: what the unit tells of it while it downloads, and of how it ends."""

from __future__ import annotations

import hashlib
import os
import platform
import signal
from typing import Any

import httpx
import pytest

from tests.cluster.conftest import RunningUnit, eventually, zipped

pytestmark = pytest.mark.e2e

SERVED = """
import pathlib
from ray import serve

@serve.deployment(ray_actor_options={{"num_cpus": 0}})
class Model:
    def __init__(self):
        path = pathlib.Path({cache!r}) / "hub/models--org--name/blobs/0a1b.incomplete"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("wb")
        self.file.write(b"x" * 1000)
        self.file.flush()

    def __call__(self, request):
        return "here"

app = Model.bind()
"""


def kernel_tells() -> bool:
    return tuple(int(part) for part in platform.release().split(".")[:2]) >= (6, 15)


class Serve:
    """Serve's REST API on a unit's head."""

    def __init__(self, unit: RunningUnit) -> None:
        self._unit = unit
        token = (unit.folder / "ray-token").read_text()
        url = unit.status().dashboard_url or ""
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def deploy(self, files: dict[str, str]) -> None:
        """Run the application ``shout``."""
        archive = zipped(files)
        name = f"_ray_pkg_{hashlib.sha256(archive).hexdigest()[:16]}.zip"
        self._client.put(f"/api/packages/gcs/{name}", content=archive).raise_for_status()
        config = {
            "http_options": {"host": "127.0.0.1", "port": int(self._unit.env["AANA_SERVE__PORT"])},
            "applications": [
                {"name": "shout", "import_path": "served:app", "runtime_env": {"working_dir": f"gcs://{name}"}}
            ],
        }
        self._client.put("/api/serve/applications/", json=config).raise_for_status()

    def replica(self) -> int | None:
        """The pid of its running replica."""
        applications: dict[str, Any] = self._client.get("/api/serve/applications/").json()["applications"]
        deployments = applications.get("shout", {}).get("deployments", {})
        running = [
            replica["pid"]
            for deployment in deployments.values()
            for replica in deployment["replicas"]
            if replica["state"] == "RUNNING"
        ]
        return running[0] if running else None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def test_a_crashed_replica_is_told_with_its_signal(unit: RunningUnit) -> None:
    """Before and after the unit itself was killed: which replica, when, and that a segmentation fault ended it."""
    unit.start()
    unit.until_ready()
    serve = Serve(unit)
    serve.deploy({"served.py": SERVED.format(cache=str(unit.folder / "cache"))})
    first = eventually(serve.replica, within=90, what="a replica runs")

    found = unit.until(lambda status: status.downloads, within=10, what="its download is seen").downloads
    assert [(each.pid, each.name, each.received_bytes) for each in found] == [(first, "org/name", 1000)]

    os.kill(first, signal.SIGSEGV)
    [ended] = unit.until(lambda status: status.exits, within=10, what="its end is told").exits
    assert (ended.pid, ended.title) == (first, "ray::ServeReplica:shout:Model")
    assert (ended.signal, ended.exit_code) == (signal.SIGSEGV if kernel_tells() else None, None)
    assert not ended.out_of_memory

    second = eventually(lambda: (pid := serve.replica()) != first and pid, within=60, what="Serve replaces it")
    unit.kill()
    unit.start()
    unit.until_ready()
    unit.until(lambda status: [each.pid for each in status.downloads] == [second], within=10, what="it is adopted")
    os.kill(second, signal.SIGKILL)
    [ended] = unit.until(lambda status: status.exits, within=10, what="its end is told").exits
    serve.close()

    assert (ended.pid, ended.title) == (second, "ray::ServeReplica:shout:Model")
    assert ended.signal == (signal.SIGKILL if kernel_tells() else None)
