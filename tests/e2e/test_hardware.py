"""The machine as `aana nodes` and `aana gpus` show it; the GPUs are made up, and Ray hands them out all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from aanad.wire.hardware import Gpu, History, Node
from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e


@pytest.fixture
def darkroom(box: Box) -> Iterator[str]:
    """Two replicas that share a GPU, one with a whole one, and one with a placement group; all of them idle."""
    box.ok("deploy", TEST_PROJECTS / "darkroom")
    yield "darkroom"
    box.ok("rm", "--force", "darkroom")


def gpus(box: Box) -> list[Gpu]:
    """As ``aana gpus -o json`` gives them."""
    return [Gpu.model_validate(each) for each in box.json("gpus")]


def held(found: list[Gpu]) -> dict[str, list[tuple[int, float]]]:
    """By deployment of the darkroom: index and share."""
    shares: dict[str, list[tuple[int, float]]] = {}
    for gpu in found:
        for holder in gpu.holders:
            if holder.project == "darkroom":
                shares.setdefault(holder.deployment, []).append((gpu.index, holder.share))
    return shares


def test_the_machine_is_shown_as_it_is(box: Box) -> None:
    """One node, the head: CPUs, memory and what Ray may hand out, measured within the last seconds."""
    [node] = [Node.model_validate(each) for each in eventually(lambda: box.json("nodes"), lambda found: found[0]["id"])]

    assert (node.is_head, node.state, node.reason) == (True, "ok", "ok")
    assert node.memory_total_bytes is not None
    assert 0 < (node.memory_used_bytes or 0) < node.memory_total_bytes <= psutil.virtual_memory().total
    assert (node.cpus or 0) <= (psutil.cpu_count() or 0)
    assert 0 <= (node.cpu_percent or 0) <= 100
    assert node.resources_total["GPU"] == 3
    line = box.ok("nodes").splitlines()[1]
    assert line.startswith(f"{node.address} (head)  {node.hostname}")


def test_the_last_seconds_are_in_the_history(box: Box) -> None:
    """At the width asked for, a sample each second while the daemon lives."""

    def history() -> History:
        return History.model_validate_json(box.get("/v1/nodes/history?width=5&seconds=5").content)

    found = eventually(history, lambda seen: all(None not in series.mean for series in seen.series), within=120)

    assert {series.metric: len(series.mean) for series in found.series} == {"cpu_percent": 5, "memory_used_bytes": 5}
    assert "█" in box.ok("nodes", "--history")


def test_replicas_hold_gpus_while_they_idle(box: Box, darkroom: str) -> None:
    """Which ones Ray gave them, whole or in part, though nothing can be measured; stopped, they hold none."""
    found = eventually(lambda: gpus(box), lambda seen: len(held(seen)) == 3 and len(held(seen)["half"]) == 2, within=90)
    shares = held(found)

    (shared, half), (same, other_half) = shares["half"]
    [(whole, one)] = shares["whole"]
    [(grouped, in_group)] = shares["grouped"]
    assert (half, other_half, one, in_group, shared) == (0.5, 0.5, 1.0, 1.0, same)
    assert {shared, whole, grouped} == {gpu.index for gpu in found} == {0, 1, 2}
    for gpu in found:
        assert gpu.uuid or (gpu.state, gpu.message.startswith("Ray hands it out")) == ("failed", True)
    replicas: list[dict[str, Any]] = box.json("replicas", darkroom)
    assert {each["deployment"]: each["gpus"] for each in replicas} == {
        "ingress": [], "half": [shared], "whole": [whole], "grouped": [grouped],
    }  # fmt: skip
    assert f"{darkroom}/whole#" in box.ok("gpus")
    [node] = [Node.model_validate(each) for each in box.json("nodes")]
    assert (node.gpus, node.resources_held["GPU"]) == (3, 3)

    box.ok("stop", darkroom)

    assert held(eventually(lambda: gpus(box), lambda seen: not held(seen), within=90)) == {}
    assert json.loads(box.ok("replicas", darkroom, "-o", "json")) == []
