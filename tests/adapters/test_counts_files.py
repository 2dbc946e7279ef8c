"""Reading what replicas wrote of their requests: only what changed, and nothing that is not theirs."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from aanad.adapters.counts_files import MAX_BYTES, CountsFiles
from aanad.errors import ClusterUnavailable
from aanad.wire.replica_counts import ReplicaCounts

NAME = "aana_requests_asr_ingress_x1.json"


def document(count: int = 1, **changes: Any) -> dict[str, Any]:
    """What a replica writes."""
    echo = {"outcomes": {"200": count}, "buckets": {"108": count}, "sum_s": 0.05 * count, "ongoing": 0, "queued": 0}
    return {
        "version": 1, "project": "asr", "deployment": "ingress", "replica": "x1", "is_last": False,
        "endpoints": {"echo": echo}, "served": None, "sent": [],
    } | changes  # fmt: skip


class Nodes:
    """Other nodes' logs over Ray."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.is_up = True
        self.read: list[str] = []

    async def log_names(self, node_id: str, pattern: str) -> list[str]:
        """Those of the folder."""
        if not self.is_up:
            raise ClusterUnavailable("No answer.")
        assert (node_id, pattern) == ("node2", "serve/aana_requests_*.json")
        return list(self.files)

    async def log_content(self, node_id: str, name: str, limit: int) -> bytes | None:
        """One of them."""
        self.read.append(name)
        return self.files.get(name)


@pytest.fixture
def nodes() -> Nodes:
    """No files yet."""
    return Nodes()


@pytest.fixture
def reader(tmp_path: Path, nodes: Nodes) -> CountsFiles:
    """The reader over a session's folder."""
    return CountsFiles(lambda: tmp_path, nodes)


def write(tmp_path: Path, content: object, name: str = NAME) -> Path:
    """As a replica does: the file is replaced as a whole."""
    path = tmp_path / "serve" / name
    path.parent.mkdir(exist_ok=True)
    beside = path.with_suffix(".tmp")
    beside.write_text(content if isinstance(content, str) else json.dumps(content))
    beside.replace(path)
    return path


async def test_only_files_that_changed_are_read(reader: CountsFiles, tmp_path: Path) -> None:
    """A file that stays the same costs a look at its time; all that are there are named."""
    write(tmp_path, document(1))
    (tmp_path / "serve" / "replica_asr_ingress_x1.log").write_text("a log")
    first = await reader.here(set())
    second = await reader.here(set())
    write(tmp_path, document(2))
    third = await reader.here(set())

    assert first is not None
    assert second is not None
    assert third is not None
    assert first.changed == {NAME: ReplicaCounts.model_validate(document(1))}
    assert (second.names, second.changed) == (frozenset({NAME}), {})
    assert third.changed == {NAME: ReplicaCounts.model_validate(document(2))}


async def test_settled_files_are_not_read(reader: CountsFiles, tmp_path: Path) -> None:
    """They are named still."""
    write(tmp_path, document(1))

    found = await reader.here({NAME})

    assert found is not None
    assert (found.names, found.changed) == (frozenset({NAME}), {})


async def test_no_session_and_no_replica_yet(tmp_path: Path, nodes: Nodes) -> None:
    """Nothing can be said without a session; in one without replicas there is nothing."""
    missing = await CountsFiles(lambda: None, nodes).here(set())
    empty = await CountsFiles(lambda: tmp_path, nodes).here(set())

    assert missing is None
    assert empty is not None
    assert empty.names == frozenset()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        document(version=2),
        document(replica="another"),
        document(project="../../etc"),
        document(endpoints={"echo": {"outcomes": {"200": -1}, "buckets": {}, "sum_s": 0}}),
        document(endpoints={"echo": {"outcomes": {"200": 1}, "buckets": {"9999": 1}, "sum_s": 0}}),
        document(endpoints={"echo": {"outcomes": {"200": 10**30}, "buckets": {}, "sum_s": 0}}),
        json.dumps(document()).replace("0.05", "NaN"),
        document(endpoints={"a\nb": {"outcomes": {}, "buckets": {}, "sum_s": 0}}),
        document(endpoints={"echo": {"outcomes": {"x" * 200: 1}, "buckets": {}, "sum_s": 0}}),
        document(endpoints={str(n): {"outcomes": {}, "buckets": {}, "sum_s": 0} for n in range(2000)}),
        document(sent=[{"project": "asr"}]),
        document(note="x" * MAX_BYTES),
    ],
    ids=lambda content: repr(content)[:40],
)
async def test_what_no_replica_writes_is_refused_and_said_once(
    reader: CountsFiles, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: object
) -> None:
    """Any code of a project can write into the folder: it gets a line in the log, and nothing else happens."""
    write(tmp_path, content)
    write(tmp_path, document(5, replica="x2"), name="aana_requests_asr_ingress_x2.json")
    with caplog.at_level(logging.WARNING):
        found = await reader.here(set())
        write(tmp_path, content)
        await reader.here(set())

    assert found is not None
    assert list(found.changed) == ["aana_requests_asr_ingress_x2.json"]
    assert [NAME in message for message in caplog.messages] == [True]


async def test_links_and_pipes_are_not_followed(reader: CountsFiles, tmp_path: Path) -> None:
    """The daemon reads nothing for a project that the project could not read, and waits for nobody."""
    outside = write(tmp_path, document(5), name="outside.json")
    (tmp_path / "serve" / NAME).symlink_to(outside)
    os.mkfifo(tmp_path / "serve" / "aana_requests_asr_ingress_x3.json")

    found = await reader.here(set())

    assert found is not None
    assert found.changed == {}


async def test_other_nodes_are_read_over_ray(reader: CountsFiles, nodes: Nodes) -> None:
    """All files but settled ones; what cannot be understood is left out; a node that is silent gives no reading."""
    nodes.files = {
        f"serve/{NAME}": json.dumps(document(3)).encode(),
        "serve/aana_requests_asr_ingress_old.json": b"{}",
        "serve/aana_requests_asr_ingress_bad.json": b"{",
    }
    found = await reader.there("node2", {"aana_requests_asr_ingress_old.json"})
    nodes.is_up = False
    silent = await reader.there("node2", set())

    assert found is not None
    assert found.changed == {NAME: ReplicaCounts.model_validate(document(3))}
    assert found.names == {NAME, "aana_requests_asr_ingress_old.json", "aana_requests_asr_ingress_bad.json"}
    assert "serve/aana_requests_asr_ingress_old.json" not in nodes.read
    assert silent is None
