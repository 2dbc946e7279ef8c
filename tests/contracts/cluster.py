"""What the core may rely on of a cluster: the manners of Serve that the reconciler is built on."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from aanad.core.ports import Cluster
from aanad.core.records import ApplicationConfig, ObservedCluster
from aanad.errors import Failed
from aanad.wire.manifest import SERVE_IMPORT_PATH


class ClusterContract:
    """Give fixtures `cluster` (nothing deployed) and `archives`, and inherit."""

    @abstractmethod
    async def step(self, cluster: Cluster) -> None:
        """Let some time pass for the cluster."""

    async def until(self, cluster: Cluster, wanted: Callable[[ObservedCluster], bool]) -> ObservedCluster:
        """Observe until it is as wanted."""
        seen = await cluster.observe()
        async with asyncio.timeout(90):
            while not wanted(seen):
                await self.step(cluster)
                seen = await cluster.observe()
        return seen

    async def deploy(self, cluster: Cluster, archives: dict[str, Path], *configs: ApplicationConfig) -> ObservedCluster:
        """Apply just these configurations and wait until each is decided and nothing else is left."""
        for each in configs:
            await cluster.ensure_archive(each.archive_uri, archives[each.name])
        await cluster.apply(list(configs), [])
        names = {each.name for each in configs}

        def decided(seen: ObservedCluster) -> bool:
            apps = seen.applications
            return set(apps) == names and all(app.status in {"RUNNING", "DEPLOY_FAILED"} for app in apps.values())

        return await self.until(cluster, decided)

    async def test_what_was_applied_is_repeated(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """The configuration that is read equals the one that was written, so that equal means: nothing to do."""
        wanted = replace(
            config("one"),
            env={"COLOUR": "blue"},
            overrides={"ingress": {}, "worker": {"user_config": {"greeting": "moin"}}},
        )

        seen = await self.deploy(cluster, archives, wanted)

        app = seen.applications["one"]
        assert seen.serve_runs
        assert (wanted, "RUNNING", True) == (app.config, app.status, app.is_built)
        assert {"ingress", "counter", "worker"} == set(app.deployments)
        assert all(deployment.ready == deployment.target_replicas == 1 for deployment in app.deployments.values())

    async def test_a_neighbour_keeps_its_replicas(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """Adding, repeating and leaving out another application changes no replica; what is left out is deleted."""
        first = await self.deploy(cluster, archives, config("one"))
        both = await self.deploy(cluster, archives, config("one"), config("two"))
        again = await self.deploy(cluster, archives, config("one"), config("two"))
        alone = await self.deploy(cluster, archives, config("one"))

        assert replicas(first, "one") == replicas(both, "one") == replicas(again, "one") == replicas(alone, "one")
        assert replicas(both, "two") == replicas(again, "two")
        assert set(alone.applications) == {"one"}

    async def test_changed_arguments_replace_every_replica(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """That is what a restart is made of."""
        before = await self.deploy(cluster, archives, config("one"))
        wanted = config("one", restart=1)
        await cluster.apply([wanted], [])

        after = await self.until(
            cluster,
            lambda seen: (
                (app := seen.applications["one"]).status == "RUNNING"
                and app.config == wanted
                and not replicas(seen, "one") & replicas(before, "one")
            ),
        )

        assert len(replicas(after, "one")) == 3

    async def test_other_numbers_leave_replicas_alone(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """Two more replicas of one deployment; the ones that run go on, and back again."""
        before = await self.deploy(cluster, archives, config("one"))
        await cluster.apply([replace(config("one"), overrides={"worker": {"num_replicas": 3}})], [])

        grown = await self.until(cluster, lambda seen: ready(seen, "one") == 5)
        await cluster.apply([replace(config("one"), overrides={"worker": {"num_replicas": 1}})], [])
        shrunk = await self.until(cluster, lambda seen: replicas(seen, "one") == replicas(before, "one"))

        assert replicas(before, "one") < replicas(grown, "one")
        assert shrunk.applications["one"].deployments["worker"].target_replicas == 1

    async def test_a_range_is_repeated_and_replaces_replicas(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """Serve counts ranges into the version of the code: going to one replaces every replica."""
        before = await self.deploy(cluster, archives, config("one"))
        wanted = replace(
            config("one"), overrides={"worker": {"autoscaling_config": {"min_replicas": 1, "max_replicas": 2}}}
        )
        await cluster.apply([wanted], [])

        after = await self.until(
            cluster, lambda seen: ready(seen, "one") == 3 and not replicas(seen, "one") & replicas(before, "one")
        )

        assert after.applications["one"].config == wanted

    async def test_with_surge_old_replicas_serve_until_new_ones_do(
        self, cluster: Cluster, archives: dict[str, Path]
    ) -> None:
        """At no time is a deployment without a ready replica; while Serve builds anew, it lists none at all."""
        surge = {name: {"max_surge_percent": 100} for name in ("counter", "ingress", "worker")}
        before = await self.deploy(cluster, archives, replace(config("one"), overrides=surge))
        await cluster.apply([replace(config("one", restart=1), overrides=surge)], [])
        await self.until(cluster, lambda seen: not seen.applications["one"].deployments)
        least = 1

        def is_done(seen: ObservedCluster) -> bool:
            nonlocal least
            least = min([least, *(each.ready for each in seen.applications["one"].deployments.values())])
            return ready(seen, "one") == 3 and not replicas(seen, "one") & replicas(before, "one")

        await self.until(cluster, is_done)

        assert least == 1

    async def test_a_build_that_fails_says_why(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """The application is DEPLOY_FAILED with the end of the traceback; its neighbour does not notice."""
        before = await self.deploy(cluster, archives, config("one"))

        seen = await self.deploy(cluster, archives, config("one"), config("broken"))

        assert ("DEPLOY_FAILED", "RUNNING") == (seen.applications["broken"].status, seen.applications["one"].status)
        assert "ValueError: no such weights" in seen.applications["broken"].message
        assert replicas(before, "one") == replicas(seen, "one")

    async def test_an_archive_that_is_nowhere_is_a_failure(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """Neither in the cluster nor on disk."""
        with pytest.raises(Failed) as caught:
            await cluster.ensure_archive("gcs://_ray_pkg_ffffffffffffffff.zip", archives["nowhere"])

        assert caught.value.code == "archive_missing"

    async def test_processes_of_replicas_are_reported(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """Memory by node and pid, for each replica."""
        seen = await self.deploy(cluster, archives, config("one"))
        wanted = {
            (replica.node_id, replica.pid)
            for deployment in seen.applications["one"].deployments.values()
            for replica in deployment.replicas
        }
        async with asyncio.timeout(30):
            while True:
                processes = await cluster.node_processes({node for node, _ in wanted if node})
                if wanted <= set(processes):
                    break
                await asyncio.sleep(0.5)

        assert all((processes[key].rss_bytes or 0) > 0 for key in wanted)

    async def test_nodes_say_what_they_have(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """CPUs and memory by node, with the id and the address that replicas name; no bookkeeping of Ray's."""
        seen = await self.deploy(cluster, archives, config("one"))
        nodes = await cluster.nodes()

        assert {(node.id, node.address) for node in nodes} == {
            (replica.node_id, replica.node_address)
            for deployment in seen.applications["one"].deployments.values()
            for replica in deployment.replicas
        }
        assert all(set(node.total) <= {"CPU", "GPU", "memory"} for node in nodes)
        assert all(node.total["CPU"] > 0 and node.total["memory"] > 0 for node in nodes)

    async def test_deployments_say_what_a_replica_asks_for(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """Only what is more than nothing."""
        seen = await self.deploy(cluster, archives, config("one"))

        assert {name: each.resources for name, each in seen.applications["one"].deployments.items()} == {
            "ingress": {},
            "counter": {"CPU": 0.1},
            "worker": {"CPU": 0.1},
        }

    async def test_the_last_lines_of_log_files(self, cluster: Cluster, archives: dict[str, Path]) -> None:
        """Files by pattern, no more lines than asked for; what is not there, or on no node, is left out."""
        seen = await self.deploy(cluster, archives, config("one"))
        [replica] = seen.applications["one"].deployments["worker"].replicas
        node = replica.node_id or ""
        files = ["serve/no_such_*.log", "serve/replica_one_worker_*.log", "../etc/passwd"]

        async with asyncio.timeout(30):
            while True:
                lines = await cluster.last_lines(node, files, 100)
                if any("worker configured: hello" in line for line in lines):
                    break
                await asyncio.sleep(0.3)
        many, one = await cluster.last_lines(node, files, 100), await cluster.last_lines(node, files, 1)

        assert many[-1:] == one
        assert [] == await cluster.last_lines(node, files, 0) == await cluster.last_lines(node, files[:1], 10)
        assert [] == await cluster.last_lines("f" * 56, ["serve/no_such_*.log"], 10)


URIS = {"one": "1" * 16, "two": "2" * 16, "broken": "b" * 16}


def config(name: str, *, restart: int = 0) -> ApplicationConfig:
    """The playground under this name."""
    args: dict[str, object] = {"project": name, "app": f"{name}.app:aana_app"}
    if restart:
        args["restart"] = restart
    return ApplicationConfig(name, f"/{name}", SERVE_IMPORT_PATH, f"gcs://_ray_pkg_{URIS[name]}.zip", args, {}, {})


def ready(seen: ObservedCluster, name: str) -> int:
    """How many of its replicas are ready."""
    return seen.applications[name].ready


def replicas(seen: ObservedCluster, name: str) -> set[str]:
    """The ids of its replicas."""
    return {
        replica.id for deployment in seen.applications[name].deployments.values() for replica in deployment.replicas
    }
