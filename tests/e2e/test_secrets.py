"""Secrets reach a project's replicas and its import, and are shown nowhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.box import Box, eventually

pytestmark = pytest.mark.e2e
VALUE = "hf_4711-very+secret/word"
CODE = """
import os
from typing import TypedDict

from ray import serve

from aanad.sdk import AanaDeploymentHandle, AanaSDK, BaseDeployment, Endpoint

AT_IMPORT = os.environ["TOKEN"]


@serve.deployment
class Knows(BaseDeployment):
    async def lengths(self) -> list[int]:
        print(f"the token is {os.environ['TOKEN']}")
        return [len(AT_IMPORT), len(os.environ["TOKEN"])]


class Lengths(TypedDict):
    endpoint: list[int]
    deployment: list[int]


class LengthsEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.knows = await AanaDeploymentHandle.create("knows")

    async def run(self) -> Lengths:
        here = [len(AT_IMPORT), len(os.environ["TOKEN"])]
        return {"endpoint": here, "deployment": await self.knows.lengths()}


aana_app = AanaSDK(name="secretive")
aana_app.register_deployment(name="knows", instance=Knows)
aana_app.register_endpoint(name="lengths", path="/lengths", summary="How long", endpoint_cls=LengthsEndpoint)
"""


@pytest.fixture
def project(box: Box) -> str:
    """A project that needs its secret at import already; the secret is set before the first deploy."""
    folder = box.projects_dir / "secretive"
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(CODE)
    done = box.aana("secret", "set", "secretive", "TOKEN", stdin=VALUE + "\n")
    assert done.returncode == 0, done.stderr
    phases = {each["name"]: each["phase"] for each in box.get("/v1/projects").json()}
    if phases.get("secretive") != "running":
        box.ok("deploy", folder)
    return "secretive"


def test_a_secret_is_in_every_process_of_its_project(box: Box, project: str) -> None:
    """When the code is imported and later, in the ingress and in deployments."""
    count = len(VALUE)

    answer = box.post(f"/{project}/lengths", json={})

    assert {"endpoint": [count, count], "deployment": [count, count]} == answer.json()


def test_a_secret_is_shown_nowhere(box: Box, project: str) -> None:
    """Not in the API, events, logs, Ray's REST API or a process's environment; its file is its owner's alone."""
    begin = datetime.now(UTC)
    box.post(f"/{project}/lengths", json={})
    printed = eventually(
        lambda: [
            record
            for record in box.logs(project, "--tail", "500")
            if "the token is" in record["message"] and datetime.fromisoformat(record["time"]) >= begin
        ],
        within=10,
    )
    assert {"the token is ***"} == {record["message"] for record in printed}

    token = (box.runtime_dir / "ray-token").read_text().strip()
    dashboard = f"http://127.0.0.1:{box.environment['AANA_RAY__DASHBOARD_PORT']}"
    pages = ["/api/serve/applications/", "/api/v0/actors?detail=true", "/api/v0/runtime_envs", "/nodes?view=summary"]
    with httpx.Client(base_url=dashboard, headers={"authorization": f"Bearer {token}"}, timeout=30) as ray:
        shown = [ray.get(page).text for page in pages]
    assert "AANA_SEALED_SECRETS" in shown[0]
    paths = ["", "/secrets", "/replicas", "/revisions", "/endpoints"]
    shown += [box.get(f"/v1/projects/{project}{path}").text for path in paths]
    shown += [box.get(path).text for path in ("/v1/events?limit=1000", "/v1/operations?limit=1000", "/v1/status")]
    logs = [box.log_path, *(box.state_dir / "logs").iterdir(), *(box.runtime_dir / "logs").iterdir()]
    shown += [path.read_text() for path in logs]
    shown += [
        Path(f"/proc/{pid}/environ").read_text() + " ".join(psutil.Process(pid).cmdline())
        for pids in box.pids(project).values()
        for pid in pids
    ]
    assert [] == [text[:80] for text in shown if VALUE in text]

    files = [path for path in (box.state_dir / "secrets").iterdir() if path.is_file()]
    assert {0o600} == {file.stat().st_mode & 0o777 for file in files}
    assert (box.state_dir / "secrets").stat().st_mode & 0o777 == 0o700
    assert [{"name": "TOKEN"}] == json.loads(box.ok("secret", "list", project, "-o", "json"))


def test_a_changed_secret_replaces_the_replicas(box: Box, project: str) -> None:
    """The command waits for them; the same value again changes nothing."""
    before = box.pids(project)

    changed = box.aana("secret", "set", project, "TOKEN", stdin="a longer value than before, it is")
    after = box.pids(project)
    same = box.aana("secret", "set", project, "TOKEN", stdin="a longer value than before, it is")

    assert (0, 0) == (changed.returncode, same.returncode)
    assert [33, 33] == box.post(f"/{project}/lengths", json={}).json()["deployment"]
    assert all(before[name].isdisjoint(after[name]) for name in before)
    assert after == box.pids(project)


def test_removing_a_project_forgets_its_secrets(box: Box, project: str) -> None:
    """Nothing of them is left on disk."""
    box.ok("rm", "--force", project)

    assert [] == [path.name for path in (box.state_dir / "secrets").iterdir() if project in path.name]
