"""gpus and nodes: tables for people, JSON for programs, again and again with -f."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from aanad.wire.hardware import Gpu, GpuHolder, GpuProcess, HardwareState, History, Node, Series
from tests.client.fake_daemon import NOW

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon

GIB = 1024**3
OURS = {"project": "asr", "deployment": "model", "replica": "a1b2c3d4"}


def gpu(**changes: Any) -> Gpu:
    """One that works."""
    values: dict[str, Any] = {
        "node": "10.0.0.1", "index": 0, "uuid": "GPU-0", "name": "H100", "state": HardwareState.OK, "reason": "ok",
        "utilization_percent": 97.4, "memory_used_bytes": 20 * GIB, "memory_total_bytes": 80 * GIB,
        "temperature_c": 74.0, "power_w": 690.0, "power_limit_w": 700.0, "measured_at": NOW,
    }  # fmt: skip
    return Gpu(**{**values, **changes})


def node(**changes: Any) -> Node:
    """A machine without a GPU."""
    values: dict[str, Any] = {
        "id": "n1", "address": "10.0.0.1", "hostname": "box", "is_head": True, "state": HardwareState.OK,
        "reason": "ok", "cpus": 8, "cpu_percent": 12.0, "memory_used_bytes": 4 * GIB, "memory_total_bytes": 16 * GIB,
        "gpu_message": "This machine has no NVIDIA GPU.",
    }  # fmt: skip
    return Node(**{**values, **changes})


def cells(line: str) -> list[str]:
    """The cells of a line of a table."""
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_gpus_show_use_and_users(run: Run, daemon: FakeDaemon) -> None:
    """Holders with their share, also idle ones; a replica that uses it is named once; foreign ones by pid and name."""
    busy = gpu(
        holders=[GpuHolder(**OURS, share=0.5), GpuHolder(project="tts", deployment="voice", replica="ffff0000")],
        processes=[
            GpuProcess(pid=41, name="python", **OURS),
            GpuProcess(pid=77, name="blender\x1b[31m", is_foreign=True),
        ],
        throttling=["power"],
    )
    daemon.on("GET /v1/gpus", [busy])

    lines = run("gpus").stdout.splitlines()

    assert cells(lines[0]) == [
        "GPU",
        "NAME",
        "NODE",
        "STATE",
        "UTIL",
        "MEMORY",
        "TEMP",
        "POWER",
        "WHO",
        "REASON",
        "MESSAGE",
    ]
    assert cells(lines[1]) == [
        "0", "H100", "10.0.0.1", "ok", "97 %", "20.0/80.0 GiB", "74 °C", "690/700 W",
        "asr/model#a1b2c3d4 (0.5), tts/voice#ffff0000, 77 blender", "power",
    ]  # fmt: skip


def test_a_gpu_that_cannot_be_measured_says_why(run: Run, daemon: FakeDaemon) -> None:
    """Dashes for numbers, the reason, and what to do."""
    daemon.on(
        "GET /v1/gpus",
        [
            Gpu(
                node="n",
                index=1,
                uuid="",
                name="",
                state=HardwareState.LOST,
                reason="gpu_lost",
                message="Gone.",
                hint="Reboot.",
            )
        ],
    )

    assert cells(run("gpus").stdout.splitlines()[1]) == ["1", "-", "n", "lost", *"-----", "gpu_lost", "Gone. Reboot."]


def test_no_gpu_is_one_sentence(run: Run, daemon: FakeDaemon) -> None:
    """Why there is none, and what the machine does instead; no failure."""
    daemon.on("GET /v1/gpus", [])
    daemon.on("GET /v1/nodes", [node()])

    result = run("gpus")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == (
        "No GPU. This machine has no NVIDIA GPU. `aana nodes` shows CPUs and memory "
        "(box: 12 % of 8 CPUs, 4.0 GiB of 16.0 GiB memory).\n"
    )
    assert json.loads(run("gpus", "-o", "json").stdout) == []


def test_nodes_show_what_is_used_and_held(run: Run, daemon: FakeDaemon) -> None:
    """CPUs and memory in use, what replicas asked for, and the reason where something is not well."""
    well = node(gpus=2, gpu_state=HardwareState.OK, resources_total={"CPU": 8, "GPU": 2, "memory": 8 * GIB, "disk": 1},
        resources_held={"CPU": 0.3, "GPU": 1.5, "memory": 4 * GIB})  # fmt: skip
    mismatch = node(address="10.0.0.2", is_head=False, gpu_state=HardwareState.FAILED, gpu_reason="driver_mismatch",
        gpu_message="It differs.", gpu_hint="Reboot.")  # fmt: skip
    silent = node(address="10.0.0.3", is_head=False, state=HardwareState.STALE, reason="node_silent", message="Silent.")
    daemon.on("GET /v1/nodes", [well, mismatch, silent])

    _, *lines = run("nodes").stdout.splitlines()

    assert [cells(line) for line in lines] == [
        ["10.0.0.1 (head)", "box", "ok", "12 %", "8", "4.0/16.0 GiB", "2",
         "CPU 0.3/8, GPU 1.5/2, memory 4.0/8.0 GiB", "ok"],
        ["10.0.0.2", "box", "ok", "12 %", "8", "4.0/16.0 GiB", "0", "-", "driver_mismatch", "It differs. Reboot."],
        ["10.0.0.3", "box", "stale", "12 %", "8", "4.0/16.0 GiB", "0", "-", "node_silent", "Silent."],
    ]  # fmt: skip
    assert Node.model_validate(json.loads(run("nodes", "-o", "json").stdout)[0]) == well


@pytest.mark.parametrize(("verb", "item"), [("gpus", gpu()), ("nodes", node())])
def test_following_is_a_line_each_time(
    run: Run, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch, verb: str, item: Gpu | Node
) -> None:
    """A stream that jq reads as it comes; tables for people, one after another; Ctrl-C ends it."""
    daemon.on(f"GET /v1/{verb}", [item, item])
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) % 3 == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)

    as_json = run(verb, "-f", "-d", "5", "-o", "json")
    as_table = run(verb, "--follow")

    lines = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [[type(item).model_validate(each) for each in line] for line in lines] == [[item, item]] * 3
    assert len([line for line in as_table.stdout.splitlines() if line.startswith(("GPU ", "NODE "))]) == 3
    assert (as_json.exit_code, pauses) == (130, [5, 5, 5, 2, 2, 2])


def test_the_last_hour_is_a_line_of_blocks(run: Run, daemon: FakeDaemon) -> None:
    """One a series; a dot where nothing was measured; as JSON the numbers themselves."""
    found = History(
        start=NOW,
        step_s=75,
        series=[
            Series(node="n", gpu=0, metric="utilization_percent", mean=[None, 0, 50, 100], max=[None, 10, 60, 100]),
            Series(
                node="n", gpu=0, metric="memory_used_bytes", mean=[None, None, GIB, GIB], max=[None, None, GIB, GIB]
            ),
        ],
    )
    daemon.on("GET /v1/gpus/history", found)
    daemon.on("GET /v1/nodes/history", found)

    _, *lines = run("gpus", "--history").stdout.splitlines()

    assert [cells(line) for line in lines] == [
        ["0", "n", "utilization_percent", "·▁▅█", "100 %"],
        ["0", "n", "memory_used_bytes", "··██", "1.0 GiB"],
    ]
    assert daemon.seen() == ["GET /v1/gpus/history?width=48&seconds=3600"]
    assert History.model_validate_json(run("gpus", "--history", "-o", "json").stdout) == found
    assert run("nodes", "--history").exit_code == 0
