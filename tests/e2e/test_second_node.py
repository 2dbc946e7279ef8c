"""Replicas on another machine, as Ray sees it: their logs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.box import BIN, TEST_PROJECTS, Box, eventually, running_box
from tests.e2e.second_node import SecondNode, missing, second_node

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(missing()), reason=missing())]


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """A box of its own: Serve beyond loopback, and too few CPUs for all replicas."""
    with running_box(AANA_SERVE__HOST="0.0.0.0") as box:  # the other node must reach it
        yield box


@pytest.fixture(scope="module")
def node(box: Box) -> Iterator[SecondNode]:
    """The other node."""
    with second_node(box) as node:
        yield node


@pytest.fixture(scope="module")
def chatter(box: Box, node: SecondNode) -> Box:
    """The box with three replicas on both nodes."""
    box.ok("deploy", box.copy_project(TEST_PROJECTS / "chatter"))
    nodes = {replica["node"] for replica in box.json("replicas", "chatter") if replica["deployment"] == "speaker"}
    assert node.address in nodes
    return box


def test_replicas_of_both_nodes_are_in_one_log(chatter: Box, node: SecondNode) -> None:
    """Lines of the other node are merged with those of this one by time, and carry its address."""
    sung = chatter.post("/chatter/chorus", json={"voices": 3, "lines": 20, "pause_s": 0.05}).json()
    assert len(set(sung)) == 3

    def notes() -> list[dict[str, Any]]:
        return [record for record in chatter.logs("chatter", "--tail", "1000") if record["message"].startswith("note ")]

    found = eventually(notes, lambda records: len(records) >= 60, within=20)
    assert len(found) == 60
    assert {record["node"] for record in found} == {None, node.address}
    times = [record["time"] for record in found]
    assert times == sorted(times)


def test_a_print_on_the_other_node_is_followed(chatter: Box, node: SecondNode) -> None:
    """A follower has it within seconds; a cursor from before gives it once."""
    output = chatter.root / "followed.json"
    command = [BIN / "aana", "logs", "chatter", "--follow", "--tail", "0", "-o", "json"]
    wanted = {f"text {number}" for number in range(12)}

    def said() -> list[dict[str, str]]:
        records = [json.loads(line) for line in output.read_text().splitlines() if line.endswith("}")]
        return [record for record in records if record.get("message") in wanted]

    with output.open("wb") as file, subprocess.Popen(command, env=chatter.environment, stdout=file) as follower:
        try:
            eventually(lambda: chatter.post("/chatter/say", json={"text": "text 0"}) and said(), within=20, every=1)
            for text in sorted(wanted - {"text 0"}):
                chatter.post("/chatter/say", json={"text": text})
            found = eventually(said, lambda found: {record["message"] for record in found} == wanted, within=10)
        finally:
            follower.terminate()
    texts = [record["message"] for record in found if record["message"] != "text 0"]
    assert len(texts) == len(set(texts))
    assert node.address in {record["node"] for record in found}


def test_a_node_that_is_cut_off_holds_nobody_back(chatter: Box, node: SecondNode) -> None:
    """The log says that it cannot be read now; what this node has is given in time."""
    node.cut_off()
    try:
        records = chatter.logs("chatter", "--tail", "20")
    finally:
        node.connect()
    assert any(record["node"] is None and record["project"] == "chatter" for record in records)
    said = [record["message"] for record in records if record["project"] is None]
    assert any(message.startswith(f"The log files of node {node.address} cannot be read now") for message in said)
