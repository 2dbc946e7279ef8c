"""Secrets reach every process of a project before its code is imported, and nothing that Ray shows or writes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from aanad.adapters.ray_dashboard import RayDashboard
from aanad.adapters.secret_files import seal
from aanad.client import pack
from aanad.core.records import ApplicationConfig
from aanad.wire.manifest import SERVE_IMPORT_PATH
from aanad.wire.secrets import SEALED_VARIABLE
from aanad.wire.unit import UnitStatus
from tests.e2e.box import Box

pytestmark = pytest.mark.e2e

KEYS = 'import os\n\nKEY = os.environ["API_KEY"]  # without it there is nothing to import\n'
APP = """
import os

from ray import serve

from aanad.sdk import AanaDeploymentHandle, AanaSDK, BaseDeployment, Endpoint

from . import keys


@serve.deployment
class Keeper(BaseDeployment):
    def __init__(self) -> None:
        self.key = keys.KEY

    async def told(self) -> dict[str, object]:
        return {"key": self.key, "pid": os.getpid(), "is_sealed": "AANA_SEALED_SECRETS" in os.environ}


class Tell(Endpoint):
    async def initialize(self) -> None:
        self.keeper = await AanaDeploymentHandle.create("keeper")

    async def run(self) -> list[dict[str, object]]:
        mine = {"key": keys.KEY, "pid": os.getpid(), "is_sealed": "AANA_SEALED_SECRETS" in os.environ}
        return [mine, await self.keeper.told()]


aana_app = AanaSDK(name="keeping")
aana_app.register_deployment(name="keeper", instance=Keeper)
aana_app.register_endpoint(name="tell", path="/tell", summary="Tell it", endpoint_cls=Tell)
"""
VALUE = "plain-7f3a91"
URI = "gcs://_ray_pkg_5ec2e75ec2e75ec2.zip"
PAGES = (
    "/api/serve/applications/",
    "/api/v0/actors?detail=true&limit=1000",
    "/api/v0/workers?detail=true&limit=1000",
    "/api/v0/tasks?detail=true&limit=1000",
    "/api/v0/runtime_envs?detail=true&limit=1000",
    "/api/jobs/",
    "/nodes?view=summary",
    "/logical/actors",
)


@pytest.fixture
async def cluster(unit: tuple[Box, UnitStatus], tmp_path: Path) -> AsyncIterator[tuple[RayDashboard, str]]:
    """The adapter with the project's archive in the cluster, and the cluster's token."""
    box, status = unit
    token = (box.runtime_dir / "ray-token").read_text().strip()
    adapter = RayDashboard(url=lambda: status.dashboard_url, token=lambda: token, host="127.0.0.1", port=box.serve_port)
    project = box.projects_dir / "keeping"
    project.mkdir(exist_ok=True)
    (project / "app.py").write_text(APP)
    (project / "keys.py").write_text(KEYS)
    archive = tmp_path / "keeping.zip"
    archive.write_bytes(pack(project).content)
    await adapter.ensure_archive(URI, archive)
    yield adapter, token
    await adapter.apply([], [])
    async with asyncio.timeout(90):
        while True:
            if not (await adapter.observe()).applications:
                break
            await asyncio.sleep(0.3)
    await adapter.close()


async def deploy(adapter: RayDashboard, token: str) -> str:
    """Apply with a secret sealed with this token; gives what became of it."""
    env = {
        "AANA_PROJECT": "keeping",
        SEALED_VARIABLE: seal({"API_KEY": VALUE}, project="keeping", token=token),
        "__RAY_WORKER_PROCESS_SETUP_HOOK_ENV_VAR": "aanad.sdk.sealed_secrets.install",
    }
    args: dict[str, Any] = {"project": "keeping", "app": "keeping.app:aana_app"}
    overrides: dict[str, dict[str, Any]] = {"ingress": {}, "keeper": {}}
    await adapter.apply([ApplicationConfig("keeping", "/keeping", SERVE_IMPORT_PATH, URI, args, env, overrides)], [])
    async with asyncio.timeout(120):
        while True:
            app = (await adapter.observe()).applications.get("keeping")
            if app is not None and app.status in {"RUNNING", "DEPLOY_FAILED"}:
                return f"{app.status} {app.message}"
            await asyncio.sleep(0.3)


async def test_secrets_are_there_at_import_and_nowhere_else(
    unit: tuple[Box, UnitStatus], cluster: tuple[RayDashboard, str]
) -> None:
    """The build, the ingress and deployments have the variable; pages, logs and process lists the sealed text."""
    (box, status), (adapter, token) = unit, cluster
    assert (await deploy(adapter, token)).startswith("RUNNING")
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        async with asyncio.timeout(30):
            while True:
                answer = await client.post(f"{box.serve_url}/keeping/tell", json={})
                if answer.is_success:
                    break
                await asyncio.sleep(0.3)
        headers = {"Authorization": f"Bearer {token}"}
        pages = {path: (await client.get(f"{status.dashboard_url}{path}", headers=headers)).text for path in PAGES}

    told = answer.json()
    assert [(each["key"], each["is_sealed"]) for each in told] == [(VALUE, False)] * 2
    assert len({each["pid"] for each in told}) == 2
    assert [path for path, text in pages.items() if VALUE in text] == []
    assert SEALED_VARIABLE in pages["/api/serve/applications/"]
    for each in told:
        process = psutil.Process(each["pid"])
        assert VALUE not in str([process.environ(), process.cmdline()])
        assert SEALED_VARIABLE in process.environ()
    assert [path for path in files_below(box.runtime_dir) if VALUE.encode() in path.read_bytes()] == []


async def test_a_token_that_does_not_fit_stops_the_build(cluster: tuple[RayDashboard, str]) -> None:
    """The message has the sentence that says why."""
    adapter, _ = cluster

    outcome = await deploy(adapter, "another token")

    assert outcome.startswith("DEPLOY_FAILED")
    assert "The project's secrets cannot be opened: they were sealed with another token" in outcome


def files_below(folder: Path) -> list[Path]:
    """Every plain file."""
    found = (Path(parent) / name for parent, _, names in os.walk(folder) for name in names)
    return [path for path in found if path.is_file() and not path.is_symlink()]
