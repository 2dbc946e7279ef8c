"""Nodes, GPUs and who has them, on fakes: this machine by its sensors, other machines by Ray's reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from aanad.core.gpu_use import indexes
from aanad.core.measurements import GpuMeasurement, GpuReading, GpuUser, NodeReport
from aanad.core.records import NodeResources
from aanad.errors import NotFound
from aanad.wire.hardware import GpuHolder, GpuProcess, HardwareState
from tests.core.conftest import Box

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GIB = 1024**3
MODEL_PID = 2
"""The fake cluster numbers its replicas: the ingress is 1, the model 2."""


def gpu(index: int, *users: GpuUser, **changes: Any) -> GpuMeasurement:
    """A GPU that does something."""
    values: dict[str, Any] = {
        "utilization_percent": 30.0, "memory_used_bytes": 10 * GIB, "memory_total_bytes": 80 * GIB,
        "temperature_c": 50.0, "power_w": 200.0,
    }  # fmt: skip
    return GpuMeasurement(index, f"GPU-{index}", "H100", users=users, measured_at=NOW, **{**values, **changes})


def report(node: str = "node1", address: str = "10.0.0.1", **changes: Any) -> NodeReport:
    """What a node's agent says."""
    values: dict[str, Any] = {"hostname": node, "reported_at": 1.0, "cpus": 8, "cpu_percent": 10.0}
    return NodeReport(node, address, **{**values, **changes})


async def one_project(box: Box, *gpus: GpuMeasurement, **changes: Any) -> None:
    """A project `asr` on a node with these GPUs."""
    box.cluster.node_list = [NodeResources("node1", "10.0.0.1", {"CPU": 8.0, "GPU": float(len(gpus) or 2)})]
    box.cluster.reports = [report(**changes)]
    if gpus:
        box.gpus.show(GpuReading(HardwareState.OK, "ok", gpus=gpus))
    await box.deploy("asr")


async def test_a_machine_without_a_gpu_shows_cpus_and_memory(box: Box) -> None:
    """Before Ray is up, too: the daemon's own machine, without an id of Ray's."""
    [node] = await box.hardware.nodes()

    assert (node.id, node.address, node.hostname, node.is_head) == ("", "10.0.0.1", "box", True)
    assert (node.cpus, node.cpu_percent, node.memory_used_bytes, node.memory_total_bytes) == (
        2,
        50.0,
        4 * GIB,
        16 * GIB,
    )
    assert (node.gpus, node.gpu_state, node.gpu_reason) == (0, HardwareState.NONE, "no_gpu")
    assert await box.hardware.gpus() == []


async def test_a_driver_that_fails_is_the_nodes_reason(box: Box) -> None:
    """With the sentence and the hint of NVML's adapter."""
    box.gpus.show(GpuReading(HardwareState.FAILED, "driver_mismatch", "It is another version.", "Reboot."))

    [node] = await box.hardware.nodes()

    assert (node.state, node.gpu_state, node.gpu_reason) == (HardwareState.OK, HardwareState.FAILED, "driver_mismatch")
    assert (node.gpu_message, node.gpu_hint) == ("It is another version.", "Reboot.")


async def test_processes_belong_to_replicas_by_their_ancestors(box: Box) -> None:
    """The replica's own process, a child of a child of it, and one that is foreign, with its name."""
    users = [GpuUser(MODEL_PID, GIB), GpuUser(77, 2 * GIB), GpuUser(500, None)]
    box.processes.parents = {77: 76, 76: MODEL_PID, 500: 499}
    await one_project(box, gpu(0, *users))

    [found] = await box.hardware.gpus()

    ours = {"project": "asr", "deployment": "model", "replica": f"replica{MODEL_PID}"}
    assert found.processes == [
        GpuProcess(pid=MODEL_PID, name=f"process{MODEL_PID}", gpu_memory_bytes=GIB, **ours),
        GpuProcess(pid=77, name="process77", gpu_memory_bytes=2 * GIB, **ours),
        GpuProcess(pid=500, name="process500", is_foreign=True),
    ]
    [model] = [each for each in await box.overview.replicas() if each.deployment == "model"]
    assert (model.gpus, model.gpu_memory_bytes) == ([0], 3 * GIB)


async def test_a_replica_that_idles_holds_its_gpu(box: Box) -> None:
    """By what Ray gave its worker; parts of a GPU with their share."""
    await one_project(box, gpu(0), gpu(1), slots={MODEL_PID: {1: 0.5}, 99: {0: 1.0}})

    first, second = await box.hardware.gpus()

    assert first.holders == []
    assert second.holders == [GpuHolder(project="asr", deployment="model", replica=f"replica{MODEL_PID}", share=0.5)]
    [model] = [each for each in await box.overview.replicas() if each.deployment == "model"]
    assert (model.gpus, model.gpu_memory_bytes) == ([1], None)


async def test_workers_of_a_replicas_placement_group_hold_for_it(box: Box) -> None:
    """An engine's workers are no children of the replica; that they are in its group tells whose they are."""
    await one_project(
        box,
        gpu(0),
        gpu(1, GpuUser(61, GIB)),
        slots={60: {0: 1.0}, 61: {1: 1.0}, 62: {1: 1.0}},
        groups={MODEL_PID: "group", 60: "group", 61: "group", 62: "another"},
    )

    [model] = [each for each in await box.overview.replicas() if each.deployment == "model"]

    assert (model.gpus, model.gpu_memory_bytes) == ([0, 1], GIB)
    assert [len(found.holders) for found in await box.hardware.gpus()] == [1, 1]


@pytest.mark.parametrize(
    ("visible", "wanted"),
    [
        (None, {0: 0, 1: 1}),
        ("2,0", {0: 2, 1: 0}),
        (" 1 ", {0: 1, 1: 1}),
        ("GPU-1,GPU-0", {0: 1, 1: 0}),
        ("MIG-7", {0: 0, 1: 1}),
        ("GPU-nobody", {0: 0, 1: 1}),
    ],
)
def test_slots_are_counted_as_the_unit_sees_gpus(visible: str | None, wanted: dict[int, int]) -> None:
    """``CUDA_VISIBLE_DEVICES`` permutes or restricts: by index, by the beginning of a UUID, by a MIG instance."""
    gpus = [gpu(0, parts=("MIG-7",)), gpu(1)]

    assert indexes(range(2), visible, gpus) == wanted


async def test_the_units_restriction_moves_holders(box: Box) -> None:
    """Ray's GPU 0 is the card that the unit was given."""
    await one_project(box, gpu(0), gpu(1), slots={MODEL_PID: {0: 1.0}})
    box.cluster.node_list = [NodeResources("node1", "10.0.0.1", {"GPU": 1.0})]
    assert box.observation.unit is not None
    box.observation.unit = box.observation.unit.model_copy(update={"visible_gpus": "1"})
    box.clock.advance(10)

    assert [len(found.holders) for found in await box.hardware.gpus()] == [0, 1]


async def test_gpus_that_only_ray_knows_are_listed(box: Box) -> None:
    """With who holds them, and why nothing is measured; the node says so, too."""
    await one_project(box, slots={MODEL_PID: {0: 1.0}})

    first, second = await box.hardware.gpus()

    assert [(each.index, each.state, each.reason) for each in (first, second)] == [
        (0, HardwareState.FAILED, "nvml_missing"),
        (1, HardwareState.FAILED, "nvml_missing"),
    ]
    assert ([holder.deployment for holder in first.holders], second.holders) == (["model"], [])
    [node] = await box.hardware.nodes()
    assert (node.gpus, node.gpu_state, node.gpu_reason) == (2, HardwareState.FAILED, "nvml_missing")
    assert node.resources_total == {"CPU": 8.0, "GPU": 2.0}


async def test_a_node_says_what_is_held_of_it(box: Box) -> None:
    """What replicas asked for, of all projects."""
    box.ask_for(1.5)
    await one_project(box, gpu(0))
    await box.deploy("tts")

    [node] = await box.hardware.nodes()

    assert (node.id, node.resources_held) == ("node1", {"CPU": 3.0})


@pytest.fixture
async def two_nodes(box: Box) -> NodeReport:
    """A second machine with a GPU and a project on the first."""
    await one_project(box, gpu(0))
    other = report("node2", "10.0.0.2", gpus=(replace(gpu(0, GpuUser(9, GIB)), measured_at=None),))
    box.cluster.node_list.append(NodeResources("node2", "10.0.0.2", {"CPU": 8.0, "GPU": 1.0}))
    box.cluster.reports.append(other)
    box.clock.advance(10)
    return other


@pytest.mark.usefixtures("two_nodes")
async def test_other_nodes_come_from_rays_reports(box: Box) -> None:
    """This machine first; what runs on another one is known by its pid alone."""
    first, second = await box.hardware.nodes()
    gpus = await box.hardware.gpus()

    assert [(node.address, node.is_head, node.gpus) for node in (first, second)] == [
        ("10.0.0.1", True, 1),
        ("10.0.0.2", False, 1),
    ]
    assert (second.hostname, second.cpus, second.cpu_percent, second.reason) == ("node2", 8, 10.0, "ok")
    assert [(each.node, each.index, each.temperature_c) for each in gpus] == [
        ("10.0.0.1", 0, 50.0),
        ("10.0.0.2", 0, 50.0),
    ]
    assert gpus[1].processes == [GpuProcess(pid=9, name="", gpu_memory_bytes=GIB, is_foreign=True)]


async def hear_from(box: Box, *others: NodeReport) -> None:
    """Five seconds pass; this machine reports, and so do others."""
    box.clock.advance(5)
    box.cluster.reports = [replace(box.cluster.reports[0], reported_at=box.clock.monotonic()), *others]
    await box.hardware.nodes()


async def test_a_node_that_is_silent_is_stale(box: Box, two_nodes: NodeReport) -> None:
    """As long as Ray calls it alive; the last report stays. When it speaks again it is well."""
    for _ in range(6):
        await hear_from(box, two_nodes)

    _, second = await box.hardware.nodes()
    [*_, last] = await box.hardware.gpus()

    assert (second.state, second.reason, second.cpu_percent) == (HardwareState.STALE, "node_silent", 10.0)
    assert (last.node, last.state, last.reason) == ("10.0.0.2", HardwareState.STALE, "node_silent")
    await hear_from(box, replace(two_nodes, reported_at=99.0))
    assert [node.reason for node in await box.hardware.nodes()] == ["ok", "ok"]


@pytest.mark.usefixtures("two_nodes")
async def test_a_dead_node_vanishes(box: Box) -> None:
    """With its GPUs."""
    assert len(await box.hardware.nodes()) == 2
    box.cluster.node_list.pop()
    box.clock.advance(5)

    assert [node.id for node in await box.hardware.nodes()] == ["node1"]
    assert len(await box.hardware.gpus()) == 1


@pytest.mark.usefixtures("two_nodes")
async def test_while_ray_does_not_answer_the_last_is_shown(box: Box) -> None:
    """This machine goes on by its own sensors; of the others it is said that it is old."""
    await box.hardware.nodes()
    box.cluster.up = False
    box.clock.advance(5)

    assert [node.reason for node in await box.hardware.nodes()] == ["ok", "cluster_unreachable"]


@pytest.mark.usefixtures("two_nodes")
async def test_ray_is_read_no_more_than_each_five_seconds(box: Box) -> None:
    """Whoever asks within them shares the reading."""
    await box.hardware.nodes()
    before = box.cluster.report_reads
    for _ in range(4):
        await box.hardware.gpus()
        box.clock.advance(1)
    assert box.cluster.report_reads == before
    box.clock.advance(1)
    await box.hardware.gpus()
    assert box.cluster.report_reads == before + 1


async def test_history_of_this_machine_has_each_second(box: Box) -> None:
    """Mean and maximum by the width asked for; a reading that did not come anew is no sample."""
    for second in range(8):
        box.machine.now = replace(box.machine.now, cpu_percent=float(second))
        if second < 4:
            box.gpus.show(GpuReading(HardwareState.OK, "ok", gpus=(gpu(0, utilization_percent=10.0 * second),)))
        box.sampling.take()
        box.clock.advance(1)

    of_gpu = await box.hardware.history(seconds=8, width=4)
    of_node = await box.hardware.node_history(seconds=8, width=4)

    by_metric = {series.metric: series for series in of_gpu.series}
    assert set(by_metric) == {"utilization_percent", "memory_used_bytes", "temperature_c", "power_w"}
    assert by_metric["utilization_percent"].mean == [5.0, 25.0, None, None]
    assert by_metric["utilization_percent"].max == [10.0, 30.0, None, None]
    assert of_gpu.step_s == 2.0
    assert {series.metric: series.max for series in of_node.series} == {
        "cpu_percent": [1.0, 3.0, 5.0, 7.0],
        "memory_used_bytes": [4.0 * GIB] * 4,
    }
    assert (box.clock.now() - of_node.start).total_seconds() == pytest.approx(8, abs=1)


async def test_a_gpu_that_hangs_or_is_lost_leaves_a_gap(box: Box) -> None:
    """What is shown as the last reading is not recorded as a new one."""
    for state in (HardwareState.OK, HardwareState.STALE, HardwareState.LOST, HardwareState.OK):
        box.gpus.show(GpuReading(HardwareState.OK, "ok", gpus=(gpu(0, state=state),)))
        box.sampling.take()
        box.clock.advance(1)

    found = await box.hardware.history(seconds=4, width=4, gpu=0)

    assert {tuple(value is None for value in series.mean) for series in found.series} == {(False, True, True, False)}


async def test_history_of_other_nodes_fills_their_seconds(box: Box, two_nodes: NodeReport) -> None:
    """A report each five seconds leaves no holes, and one that is read twice counts once."""
    for number in range(3):
        box.cluster.reports[1] = replace(two_nodes, reported_at=float(number + 2), cpu_percent=float(number))
        await box.sampling.take_nodes()
        await box.sampling.take_nodes()
        box.clock.advance(5)

    found = await box.hardware.node_history(seconds=15, width=15, node="node2")

    [cpu] = [series for series in found.series if series.metric == "cpu_percent"]
    assert (cpu.node, cpu.mean[-9:-4], None in cpu.mean[:11]) == ("10.0.0.2", [2.0] * 5, False)
    assert {series.node for series in found.series} == {"10.0.0.2"}
    assert (await box.hardware.history(seconds=15, width=1, node="10.0.0.2")).series[0].node == "10.0.0.2"


async def test_history_of_what_is_not_there_is_an_error(box: Box) -> None:
    """A node and a GPU that nobody knows."""
    with pytest.raises(NotFound) as node:
        await box.hardware.node_history(seconds=60, width=1, node="nowhere")
    with pytest.raises(NotFound) as missing:
        await box.hardware.history(seconds=60, width=1, gpu=7)

    assert [node.value.code, missing.value.code] == ["node_not_found", "gpu_not_found"]
