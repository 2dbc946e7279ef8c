"""``/v1/gpus`` and ``/v1/nodes``: what they answer, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from aanad.core.measurements import GpuMeasurement, GpuReading
from aanad.wire.hardware import Gpu, HardwareState, History, Node
from tests.core.conftest import Box


async def test_gpus_and_nodes_are_the_models_of_the_wire(api: httpx.AsyncClient, box: Box) -> None:
    """Numbers and states as the core says them."""
    box.gpus.show(
        GpuReading(HardwareState.OK, "ok", gpus=(GpuMeasurement(0, "GPU-0", "H100", utilization_percent=7.0),))
    )

    [gpu] = [Gpu.model_validate(each) for each in (await api.get("/v1/gpus")).json()]
    [node] = [Node.model_validate(each) for each in (await api.get("/v1/nodes")).json()]

    assert (gpu.node, gpu.index, gpu.uuid, gpu.name, gpu.utilization_percent) == ("10.0.0.1", 0, "GPU-0", "H100", 7.0)
    assert (node.hostname, node.gpus, node.gpu_state) == ("box", 1, HardwareState.OK)


async def test_history_has_the_width_asked_for(api: httpx.AsyncClient, box: Box) -> None:
    """Of GPUs and of nodes, by node and GPU; null where nothing was measured."""
    for index in range(2):
        box.gpus.show(GpuReading(HardwareState.OK, "ok", gpus=(GpuMeasurement(index, "", "", power_w=100.0),)))
        box.machine.now = replace(box.machine.now, cpu_percent=10.0 * index)
        box.sampling.take()
        box.clock.advance(1)

    of_gpus = History.model_validate((await api.get("/v1/gpus/history?width=4&seconds=4&gpu=1&node=box")).json())
    of_nodes = History.model_validate((await api.get("/v1/nodes/history?width=2&seconds=2")).json())

    assert [(each.gpu, each.metric, each.mean) for each in of_gpus.series] == [
        (1, "power_w", [None, None, None, 100.0])
    ]
    assert next((each.gpu, each.metric, each.max) for each in of_nodes.series) == (None, "cpu_percent", [0.0, 10.0])
    assert len((await api.get("/v1/gpus/history?width=4000")).json()["series"][0]["mean"]) == 4000


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("width=0", 422, "invalid_input"),
        ("width=4001", 422, "invalid_input"),
        ("seconds=3601", 422, "invalid_input"),
        ("node=nowhere", 404, "node_not_found"),
        ("gpu=9", 404, "gpu_not_found"),
    ],
)
async def test_bad_questions_get_one_sentence(api: httpx.AsyncClient, query: str, status: int, code: str) -> None:
    """A stable code and a message."""
    answer = await api.get(f"/v1/gpus/history?{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
