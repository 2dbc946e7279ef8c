"""The fake cluster and the real one, a Ray unit with the dashboard adapter, keep the same promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aanad.adapters.ray_dashboard import RayDashboard
from aanad.client import pack
from aanad.core.ports import Cluster
from aanad.wire.unit import UnitStatus
from tests.contracts.cluster import URIS, ClusterContract
from tests.e2e.box import TEST_PROJECTS, Box
from tests.fakes.cluster import FakeCluster


class TestFakeCluster(ClusterContract):
    """The fake."""

    @pytest.fixture
    def cluster(self) -> Cluster:
        """Knows what the playground consists of."""
        cluster = FakeCluster()
        cluster.deployments = {name: ["counter", "worker"] for name in ("one", "two")}
        cluster.broken[f"gcs://_ray_pkg_{URIS['broken']}.zip"] = "Traceback\nValueError: no such weights"
        cluster.lost_archives.add("/nowhere")
        cluster.log_lines["serve/replica_one_worker_1.log"] = ["worker starts", "worker configured: hello"]
        return cluster

    @pytest.fixture
    def archives(self) -> dict[str, Path]:
        """The fake does not read them."""
        return {name: Path(f"/{name}") for name in (*URIS, "nowhere")}

    async def step(self, cluster: Cluster) -> None:
        """Time passes when told."""
        assert isinstance(cluster, FakeCluster)
        cluster.step()


@pytest.fixture(scope="module")
def real_archives(unit: tuple[Box, UnitStatus], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The playground under two names, and once broken."""
    box, _ = unit
    folder = tmp_path_factory.mktemp("archives")
    found = {"nowhere": folder / "nowhere"}
    for name in URIS:
        project = box.copy_project(TEST_PROJECTS / "playground", name)
        if name == "broken":
            with (project / "app.py").open("a") as file:
                file.write('raise ValueError("no such weights")\n')
        found[name] = folder / f"{name}.zip"
        found[name].write_bytes(pack(project).content)
    return found


@pytest.mark.e2e
class TestRealCluster(ClusterContract):
    """A Ray head with Serve, without a daemon."""

    @pytest.fixture
    async def cluster(self, unit: tuple[Box, UnitStatus]) -> AsyncIterator[Cluster]:
        """The adapter; every application is deleted afterwards."""
        box, status = unit
        token = (box.runtime_dir / "ray-token").read_text().strip()
        adapter = RayDashboard(
            url=lambda: status.dashboard_url, token=lambda: token, host="127.0.0.1", port=box.serve_port
        )
        yield adapter
        await adapter.apply([], [])
        await self.until(adapter, lambda seen: not seen.applications)
        await adapter.close()

    @pytest.fixture
    def archives(self, real_archives: dict[str, Path]) -> dict[str, Path]:
        """Real ones."""
        return real_archives

    async def step(self, cluster: Cluster) -> None:
        """Time passes by itself."""
        await asyncio.sleep(0.3)
