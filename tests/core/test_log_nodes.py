"""On which nodes the files of a log source are looked for."""

from __future__ import annotations

from datetime import UTC, datetime

from aanad.core.log_nodes import LogNodes
from aanad.core.observation import Observation
from aanad.core.records import LogSource, NodeResources
from aanad.errors import ClusterUnavailable
from aanad.wire.unit import UnitState, UnitStatus
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster

HEAD, OTHER = NodeResources("n1", "10.0.0.1", {}), NodeResources("n2", "10.0.0.2", {})
SERVE = LogSource("asr", "model", None, "serve", "serve/replica_asr_model_*.log")
BUILD = LogSource("asr", None, None, "build", "serve/controller_build_asr_*.log")
DAEMON = LogSource(None, None, None, "daemon", "", path="/aanad.log")


class Cluster(FakeCluster):
    """A cluster of nodes that a test names."""

    known: list[NodeResources]
    asked = 0

    async def nodes(self) -> list[NodeResources]:
        """Them, or that nobody answers."""
        self.asked += 1
        if not self.known:
            raise ClusterUnavailable("away")
        return self.known


def worker(node: str) -> LogSource:
    return LogSource("asr", "model", "abc", "stdout", "worker-1-*.out", node_id=node)


def log_nodes(*nodes: NodeResources, has_unit: bool = True) -> tuple[LogNodes, Cluster, FakeClock]:
    observation = Observation()
    cluster, clock = Cluster(), FakeClock()
    cluster.known = list(nodes)
    if has_unit:
        observation.unit = UnitStatus(
            pid=1, version="1", state=UnitState.READY, since=datetime.now(UTC), cold_starts=1,
            node_address=HEAD.address, session_dir="/r/t/session_1",
        )  # fmt: skip
    return LogNodes(cluster, observation, clock), cluster, clock


async def where(nodes: LogNodes, *sources: LogSource) -> list[tuple[str, str | None, str | None]]:
    return [(source.kind, source.node_id, source.node) for source in await nodes.spread(list(sources))]


async def test_on_one_machine_all_files_are_here() -> None:
    """Nothing is asked of any node, also before the cluster has told which nodes it has."""
    here, _, _ = log_nodes(HEAD)
    early, _, _ = log_nodes()

    for nodes in (here, early):
        assert await where(nodes, SERVE, worker("n1"), BUILD, DAEMON) == [
            ("serve", None, None), ("stdout", None, None), ("build", None, None), ("daemon", None, None),
        ]  # fmt: skip


async def test_replicas_are_looked_for_on_every_node() -> None:
    """Those of a deployment on all nodes, one whose node is known there alone, and none on a node that is gone."""
    nodes, _, _ = log_nodes(HEAD, OTHER)

    assert await where(nodes, SERVE) == [("serve", None, None), ("serve", "n2", "10.0.0.2")]
    assert await where(nodes, worker("n1"), worker("n2"), worker("gone"), BUILD) == [
        ("stdout", None, None), ("stdout", "n2", "10.0.0.2"), ("build", None, None),
    ]  # fmt: skip


async def test_of_somebody_elses_cluster_all_nodes_are_others() -> None:
    """No file is on this machine's disk; what Serve's controller writes is on the head."""
    nodes, _, _ = log_nodes(HEAD, OTHER, has_unit=False)

    assert await where(nodes, SERVE, worker("n1"), BUILD, DAEMON) == [
        ("serve", "n1", "10.0.0.1"), ("serve", "n2", "10.0.0.2"), ("stdout", "n1", "10.0.0.1"),
        ("build", "n1", "10.0.0.1"), ("daemon", None, None),
    ]  # fmt: skip


async def test_a_head_that_is_away_changes_nothing() -> None:
    """Its nodes are those that it had; it is asked again after some seconds."""
    nodes, cluster, clock = log_nodes(HEAD, OTHER)
    before = await where(nodes, SERVE)

    cluster.known = []
    assert await where(nodes, SERVE) == before
    assert cluster.asked == 1
    clock.advance(6)
    assert await where(nodes, SERVE) == before
    assert cluster.asked == 2
