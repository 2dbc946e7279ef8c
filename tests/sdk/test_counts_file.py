"""A replica's file of counts: whole, fresh, still where nothing happens, and no trouble where it cannot be written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aanad.sdk.counts import Counts
from aanad.sdk.counts_file import CountsFile, Identity
from aanad.wire.replica_counts import FILE_PREFIX, ReplicaCounts
from tests.e2e.box import eventually

ME = Identity("asr", "ingress", "x1y2")


@pytest.fixture
def counts() -> Counts:
    """Nothing counted yet."""
    return Counts()


@pytest.fixture
def begin(counts: Counts, tmp_path: Path) -> Iterator[Callable[[], CountsFile]]:
    """Begin to write the file, in a folder of its own unless told otherwise."""
    begun: list[CountsFile] = []

    def begin(folder: Path = tmp_path) -> CountsFile:
        file = CountsFile(counts, folder, ME, period_s=0.01)
        begun.append(file)
        file.start()
        return file

    yield begin
    for file in begun:
        file.close()
        file._thread.join(5)
        assert not file._thread.is_alive()


def read(folder: Path) -> dict[str, Any]:
    """What the file says; nothing where it is not there."""
    path = folder / ME.file_name
    return json.loads(path.read_text()) if path.exists() else {}


def test_the_file_is_what_the_daemon_reads(counts: Counts, begin: Callable[[], CountsFile], tmp_path: Path) -> None:
    """Under the name it looks for, in the shape it knows, with everything that was counted."""
    file = begin()
    for status in (200, 200, 422):
        counts.endpoint("echo").begin()
        counts.endpoint("echo").end(status, 0.01)
    counts.endpoint("(router /v1)").begin()
    counts.endpoint("(router /v1)").queued = 1
    counts.served().begin()
    sent = counts.sent("other", "model")
    sent.is_followed = True
    sent.begin()
    sent.end("ok", 0.5)
    file.close()

    found = ReplicaCounts.model_validate_json((tmp_path / ME.file_name).read_bytes())

    assert found.file_name == ME.file_name
    assert found.file_name.startswith(FILE_PREFIX)
    assert found.is_last
    assert found.endpoints["echo"].outcomes == {"200": 2, "422": 1}
    assert sum(found.endpoints["echo"].buckets.values()) == 3
    assert found.endpoints["echo"].sum_s == pytest.approx(0.03)
    assert (found.endpoints["(router /v1)"].ongoing, found.endpoints["(router /v1)"].queued) == (1, 1)
    assert found.served is not None
    assert found.served.ongoing == 1
    assert [(each.project, each.deployment, each.is_followed, each.outcomes) for each in found.sent] == [
        ("other", "model", True, {"ok": 1})
    ]


def test_a_request_is_in_the_file_soon(counts: Counts, begin: Callable[[], CountsFile], tmp_path: Path) -> None:
    """Without anybody asking, also after a long silence."""
    begin()
    eventually(lambda: read(tmp_path), within=5)

    counts.endpoint("echo").begin()

    eventually(lambda: read(tmp_path)["endpoints"], lambda seen: seen and seen["echo"]["ongoing"] == 1, within=5)
    counts.endpoint("echo").end(200, 0.1)
    eventually(lambda: read(tmp_path)["endpoints"]["echo"]["outcomes"], lambda seen: seen == {"200": 1}, within=5)


def test_a_queue_that_changes_by_itself_is_seen(
    counts: Counts, begin: Callable[[], CountsFile], tmp_path: Path
) -> None:
    """While a request is under way, others may come to wait or leave without one that ends."""
    begin()
    series = counts.endpoint("echo")
    series.begin()
    eventually(lambda: read(tmp_path).get("endpoints"), within=5)

    series.queued = 3

    eventually(lambda: read(tmp_path)["endpoints"]["echo"]["queued"], lambda seen: seen == 3, within=5)


def test_a_replica_at_rest_writes_nothing(begin: Callable[[], CountsFile], tmp_path: Path) -> None:
    """Its file stays the one that it is, and its thread sleeps."""
    file = begin()
    eventually(lambda: read(tmp_path), within=5)
    written = (tmp_path / ME.file_name).stat()
    looks = 0
    state = file._counts.state

    def counted() -> tuple[int, int]:
        nonlocal looks
        looks += 1
        return state()

    file._counts.state = counted  # type: ignore[method-assign]
    file._thread.join(0.3)  # many periods

    assert (tmp_path / ME.file_name).stat().st_ino == written.st_ino
    assert looks <= 2


def test_a_folder_that_cannot_be_written_to_is_said_once(
    counts: Counts, begin: Callable[..., CountsFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And counting goes on; once it can be written to again, everything is there, without another count."""
    said: list[str] = []
    monkeypatch.setattr("aanad.sdk.counts_file.logger.warning", lambda text, *values: said.append(text % values))
    missing = tmp_path / "gone"
    begin(missing)
    for _ in range(3):
        counts.endpoint("echo").begin()
        counts.endpoint("echo").end(200, 0.1)
        eventually(lambda: said, within=5)

    missing.mkdir()

    eventually(
        lambda: read(missing).get("endpoints", {}).get("echo", {}).get("outcomes"),
        lambda seen: seen == {"200": 3},
        within=5,
    )
    assert len(said) == 1
    assert str(missing) in said[0]


def test_nothing_half_written_is_ever_seen(counts: Counts, begin: Callable[[], CountsFile], tmp_path: Path) -> None:
    """Whoever reads at any moment reads a whole document, and sums never shrink."""
    begin()
    last = 0
    series = counts.endpoint("echo")
    for _ in range(2000):
        series.begin()
        series.end(200, 0.001)
        found = read(tmp_path).get("endpoints", {}).get("echo", {}).get("outcomes", {}).get("200", 0)
        assert found >= last
        last = found
