"""What is read out of Ray's and Serve's REST documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aanad.adapters.ray_dashboard import RayDashboard
from aanad.adapters.serve_documents import observed_cluster
from aanad.core.measurements import GpuMeasurement, GpuUser
from aanad.core.records import NodeResources
from aanad.errors import ClusterUnavailable

MIB = 1024 * 1024
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


def reported(state: str = "ALIVE", workers: list[dict[str, Any]] | None = None, **report: Any) -> dict[str, Any]:
    """One node of ``/nodes?view=summary``."""
    raylet = {
        "nodeId": "n1", "nodeManagerAddress": "10.0.0.1", "nodeManagerHostname": "box", "state": state,
        "coreWorkersStats": workers or [],
    }  # fmt: skip
    return {"raylet": raylet, **report}


async def test_a_nodes_report_is_read_whole() -> None:
    """CPUs, memory and GPUs in the wire's units; dead nodes are left out, and Ray's cache is passed by."""
    gpu = {
        "index": 1, "name": "H100", "uuid": "GPU-1", "utilizationGpu": 40, "memoryUsed": 1024, "memoryTotal": 81920,
        "powerMw": 250500, "temperatureC": 61, "processesPids": {"77": {"pid": 77, "gpuMemoryUsage": 512}},
    }  # fmt: skip
    node = reported(now=12.5, hostname="big", cpus=[16, 8], cpu=25.0, mem=[100, 40, 60.0, 60], gpus=[gpu])
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json={"data": {"summary": [node, reported("DEAD"), {}]}})

    [found] = await dashboard(answer).node_reports()

    assert (found.id, found.address, found.hostname, found.reported_at) == ("n1", "10.0.0.1", "big", 12.5)
    assert (found.cpus, found.cpu_percent, found.memory_used_bytes, found.memory_total_bytes) == (16, 25.0, 60, 100)
    assert found.gpus == (
        GpuMeasurement(
            1, "GPU-1", "H100", utilization_percent=40.0, memory_used_bytes=1024 * MIB,
            memory_total_bytes=81920 * MIB, temperature_c=61.0, power_w=250.5, users=(GpuUser(77, 512 * MIB),),
        ),
    )  # fmt: skip
    assert asked == ["/nodes?view=summary&nocache=1"]


async def test_a_node_that_never_reported_is_there_without_numbers() -> None:
    """Ray knows it from its registration alone."""
    document = {"data": {"summary": [reported()]}}

    [found] = await dashboard(lambda _: httpx.Response(200, json=document)).node_reports()

    assert (found.hostname, found.reported_at, found.cpus, found.memory_total_bytes) == ("box", 0.0, None, None)


async def test_workers_say_which_gpus_they_were_given() -> None:
    """Whole ones and parts; in a placement group Ray names them by the group, once for all and once by bundle."""
    group = "4F" + "0a" * 17

    def slots(**used: dict[int, float]) -> dict[str, Any]:
        return {
            name: {"resourceSlots": [{"slot": str(slot), "allocation": share} for slot, share in held.items()]}
            for name, held in used.items()
        }

    workers = [
        {"pid": 1, "usedResources": slots(GPU={0: 0.5}, CPU={0: 0.1})},
        {"pid": 2, "usedResources": slots(GPU={1: 1.0, 2: 1.0})},
        {"pid": 3, "usedResources": slots(**{f"GPUGroup0{group}": {3: 1.0}, f"GPUGroup{group}": {3: 1.0}})},
        {"pid": 4, "usedResources": slots(**{f"CPUGroup1{group}": {0: 1.0}})},
        {"pid": 5, "usedResources": {}},
    ]
    document = {"data": {"summary": [reported(workers=workers)]}}

    [found] = await dashboard(lambda _: httpx.Response(200, json=document)).node_reports()

    assert found.slots == {1: {0: 0.5}, 2: {1: 1.0, 2: 1.0}, 3: {3: 1.0}}
    assert found.groups == {3: group.lower(), 4: group.lower()}
