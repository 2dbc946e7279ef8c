"""Fifty projects with five hundred replicas in a simulated cluster: how long ``GET /v1/projects`` takes meanwhile.

Also run by itself: ``python -m tests.bench.many_projects``.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx
import psutil

from aanad.core.records import ProjectRecord, RevisionRecord
from aanad.store.sql_store import SqlStore
from aanad.wire.manifest import DeploymentManifest, EndpointManifest, ProjectManifest
from aanad.wire.phase import Phase, Reason
from aanad.wire.project_file import DeploymentOverride, ProjectFile
from tests.e2e.box import REPOSITORY, Box, eventually

PROJECTS = 50
REPLICAS = 10
"""Of a project: its ingress and the rest of one deployment."""
REQUESTS_A_SECOND = 20
SECONDS = 30
AIM_MS = 20


async def fill(url: str) -> None:
    """Write the projects down, as if they had been deployed."""
    store = SqlStore(url)
    now = datetime.now(UTC)
    schema = {"type": "object", "properties": {"text": {"type": "array", "items": {"type": "string"}}}}
    for number in range(PROJECTS):
        name = f"project_{number:02}"
        digest = f"{number:064x}"[::-1]
        manifest = ProjectManifest(
            name=name,
            app=f"{name}.app:aana_app",
            endpoints=[EndpointManifest(name="run", path="/run", request_schema=schema, response_schema=schema)],
            deployments=[
                DeploymentManifest(
                    name="model", class_name="Model", replicas=REPLICAS - 1, max_replicas=REPLICAS - 1, num_cpus=0.1,
                    num_gpus=0,
                )
            ],
        )  # fmt: skip
        revision = RevisionRecord(
            id=digest[:12],
            project=name,
            archive=digest,
            size_bytes=1000,
            manifest=manifest,
            file=ProjectFile(deployments={"model": DeploymentOverride(replicas=REPLICAS - 1)}),
            route_prefix=f"/{name}",
            created_at=now,
            created_by="bench",
            git_commit=None,
        )
        record = ProjectRecord(
            name=name,
            desired="running",
            revision=revision.id,
            good=None,
            restarts=0,
            failure=None,
            phase=Phase.STOPPED,
            reason=Reason.NEVER_STARTED,
            since=now,
            created_at=now,
            version=1,
        )
        await store.save_revision(revision)
        await store.change_project(name, lambda _, record=record: record)  # type: ignore[misc]
    await store.close()


async def latencies(socket: str) -> list[float]:
    """Seconds of each request, which is sent when its time has come, whatever became of those before."""
    # Given up before the daemon closes an idle one, so that no request meets a connection that has just ended.
    limits = httpx.Limits(keepalive_expiry=2)
    transport = httpx.AsyncHTTPTransport(uds=socket, limits=limits)
    async with httpx.AsyncClient(transport=transport, base_url="http://aanad", timeout=30) as client:

        async def request(at: float) -> float:
            await asyncio.sleep(at - time.perf_counter())
            began = time.perf_counter()
            answer = await client.get("/v1/projects")
            seconds = time.perf_counter() - began
            assert answer.status_code == 200
            assert len(answer.json()) == PROJECTS
            return seconds

        await request(0)
        start = time.perf_counter() + 0.5
        times = (start + number / REQUESTS_A_SECOND for number in range(REQUESTS_A_SECOND * SECONDS))
        return await asyncio.gather(*map(request, times))


def report() -> None:
    """Print the figures."""
    cluster = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.simulated_cluster"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert cluster.stdout is not None
    dashboard = f"http://127.0.0.1:{cluster.stdout.readline().strip()}"
    box = Box(AANA_RAY__MODE="external", AANA_RAY__DASHBOARD_URL=dashboard)
    try:
        box.state_dir.mkdir(parents=True)
        asyncio.run(fill(f"sqlite:///{box.state_dir / 'aanad.sqlite3'}"))
        box.start(ready=False)
        running = lambda: [each["phase"] for each in box.json("ps")].count("running")  # noqa: E731
        eventually(running, lambda count: count >= PROJECTS - 2, within=120)  # some replica starts at any time
        replicas = len(box.json("replicas"))
        assert box.daemon is not None
        process = psutil.Process(box.daemon.pid)
        before, began = process.cpu_times(), time.monotonic()
        taken = sorted(1000 * seconds for seconds in asyncio.run(latencies(str(box.socket))))
        after, seconds = process.cpu_times(), time.monotonic() - began
        share = 100 * (after.user + after.system - before.user - before.system) / seconds
        p99 = taken[int(0.99 * len(taken))]
        print(
            f"GET /v1/projects, {PROJECTS} projects, {replicas} replicas, {REQUESTS_A_SECOND}/s: "
            f"median {taken[len(taken) // 2]:.1f} ms, p99 {p99:.1f} ms (aim {AIM_MS} ms), max {taken[-1]:.1f} ms; "
            f"the daemon used {share:.1f} % of one core",
            flush=True,
        )
    finally:
        box.clean_up()
        cluster.terminate()
        cluster.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report()
