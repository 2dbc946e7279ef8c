"""What is read out of Ray's and Serve's REST documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aanad.adapters.ray_dashboard import RayDashboard
from aanad.adapters.serve_documents import observed_cluster
from aanad.core.records import NodeResources
from aanad.errors import ClusterUnavailable

Answer = Callable[[httpx.Request], httpx.Response]


def dashboard(answer: Answer) -> RayDashboard:
    """An adapter on a cluster that answers so."""
    return RayDashboard(
        url=lambda: "http://head:8265",
        token=lambda: "t0ken",
        host="127.0.0.1",
        port=8000,
        transport=httpx.MockTransport(answer),
    )


def ray_node(id_: str, *, state: str = "ALIVE", head: bool = False, **resources: float) -> dict[str, Any]:
    """One node as Ray's state API lists it."""
    bookkeeping = {f"node:{id_}": 1.0, "object_store_memory": 2e9, "accelerator_type:A100": 1.0}
    return {
        "node_id": id_, "node_ip": f"ip-{id_}", "is_head_node": head, "state": state,
        "resources_total": resources | bookkeeping,
    }  # fmt: skip


def listing(*nodes: dict[str, Any]) -> httpx.Response:
    """The state API's answer."""
    return httpx.Response(200, json={"result": True, "data": {"result": {"total": len(nodes), "result": list(nodes)}}})


async def test_nodes_that_are_alive_the_head_first() -> None:
    """Custom resources keep their names; dead nodes and Ray's bookkeeping are left out."""
    nodes = [
        ray_node("b", CPU=4.0, fast_disk=2.0),
        ray_node("c", state="DEAD", CPU=64.0),
        ray_node("z", head=True, CPU=2.0, GPU=1.0, memory=8e9),
    ]

    assert await dashboard(lambda _: listing(*nodes)).nodes() == [
        NodeResources("z", "ip-z", {"CPU": 2.0, "GPU": 1.0, "memory": 8e9}),
        NodeResources("b", "ip-b", {"CPU": 4.0, "fast_disk": 2.0}),
    ]


async def test_one_reading_of_the_nodes_serves_several() -> None:
    """Plans, screens and the reconciler may all ask at once."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return listing(ray_node("a", CPU=1.0))

    adapter = dashboard(answer)

    assert await adapter.nodes() == await adapter.nodes()
    assert [request.url.path for request in requests] == ["/api/v0/nodes"]


async def test_last_lines_are_what_people_read() -> None:
    """Serve's JSON becomes its message and traceback; several files follow one another, and the end is kept."""
    contents = {
        "serve/replica.log": '{"message": "loading", "timestamp_ns": 1, "exc_text": "Traceback\\nKeyError"}\n',
        "worker.err": ":actor_name:x\nFatal Python error: Segmentation fault\n",
    }

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v0/logs":
            names = [name for name in contents if name == request.url.params["glob"]]
            return httpx.Response(200, json={"data": {"result": {"internal": names, "worker_err": ["serve/"]}}})
        return httpx.Response(200, text=contents[request.url.params["filename"]])

    adapter = dashboard(answer)
    files = ["/serve/replica.log", "gone.log", "worker.err"]
    lines = ["loading", "Traceback", "KeyError", "Fatal Python error: Segmentation fault"]

    assert await adapter.last_lines("n", files, 10) == lines
    assert await adapter.last_lines("n", files, 2) == lines[-2:]


async def test_last_lines_of_a_node_that_left_are_none() -> None:
    """Ray answers with an error of its own; evidence that is not there is no failure."""
    assert await dashboard(lambda _: httpx.Response(500, text="got itself in trouble")).last_lines("n", ["x"], 5) == []


async def test_last_lines_are_bounded() -> None:
    """A file of one endless line is not read whole."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v0/logs":
            return httpx.Response(200, json={"data": {"result": {"internal": ["x.log"]}}})
        return httpx.Response(200, content=b"x" * 9_000_000)

    [line] = await dashboard(answer).last_lines("n", ["x.log"], 5)

    assert len(line) == 4000


async def test_a_cluster_that_is_away_is_unavailable() -> None:
    """For logs and nodes as for everything else."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    for question in (dashboard(refuse).nodes(), dashboard(refuse).last_lines("n", ["x.log"], 5)):
        with pytest.raises(ClusterUnavailable):
            await question


@pytest.mark.parametrize(
    ("document", "resources"),
    [
        (
            {"required_resources": {"CPU": 0, "GPU": 1, "memory": 5, "accelerator_type:A100": 0.001}},
            {"GPU": 1.0, "memory": 5.0},
        ),
        (
            {
                "required_resources": {"CPU": 1},
                "deployment_config": {"placement_group_bundles": [{"CPU": 1, "GPU": 1}, {"GPU": 1}]},
            },
            {"CPU": 1.0, "GPU": 2.0},
        ),
        ({}, {}),
    ],
)
def test_what_a_replica_asks_for(document: dict[str, Any], resources: dict[str, float]) -> None:
    """Its actor's resources, or the bundles of its placement group together."""
    app = {"status": "RUNNING", "deployments": {"model": {"status": "HEALTHY", **document}}}

    seen = observed_cluster({"applications": {"asr": app}})

    assert seen.applications["asr"].deployments["model"].resources == resources
