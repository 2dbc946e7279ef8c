"""Logs of a real project: merged, followed over cuts, with the last words of what crashed."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from aanad.client import Client
from tests.e2e.box import TEST_PROJECTS, Box, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("chatter")]
PROJECT = "chatter"


@pytest.fixture(scope="module")
def chatter(box: Box) -> Iterator[str]:
    """A project of three replicas that write."""
    box.ok("deploy", TEST_PROJECTS / PROJECT, timeout=300)
    yield PROJECT
    box.ok("stop", PROJECT)


def say(box: Box, text: str, way: str = "print") -> None:
    """One replica writes a text."""
    assert box.post(f"/{PROJECT}/say", json={"text": text, "way": way}).status_code == 200


def about(box: Box, text: str, *options: str) -> list[dict[str, Any]]:
    """The records that hold a text."""
    return [record for record in box.logs(PROJECT, "--tail", "all", *options) if text in record["message"]]


@contextmanager
def cutting_relay(target: Path, path: Path) -> Iterator[list[socket.socket]]:
    """A socket that leads to another one, and whose connections can be cut."""
    connections: list[socket.socket] = []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(target))
            connections.extend((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield connections
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for each in connections:
            each.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def test_the_logs_of_three_replicas_are_merged_in_the_order_of_time(box: Box, chatter: str) -> None:
    """While it is followed, and when it is read afterwards: one order, nothing lost, nothing twice."""
    with Client(f"unix://{box.socket}") as client, closing(client.logs(chatter, tail=1, follow=True)) as stream:
        next(stream)
        with ThreadPoolExecutor(1) as pool:
            sung = pool.submit(
                lambda: box.post(f"/{chatter}/chorus", json={"voices": 3, "lines": 20, "pause_s": 0.05}).json()
            )
            followed = []
            for record in stream:
                if record.message.startswith("note "):
                    followed.append(record)
                if len(followed) == 60:
                    break
            pids = set(sung.result())
    assert len(pids) == 3
    assert {record.message.split()[1] for record in followed} == {str(pid) for pid in pids}
    assert len({record.replica for record in followed}) == 3
    assert [record.time for record in followed] == sorted(record.time for record in followed)
    read = about(box, "note ")
    assert [record["position"] for record in read[-60:]] == [record.position for record in followed]


def test_a_print_is_in_the_log_within_two_seconds(box: Box, chatter: str) -> None:
    """From the author's print to the follower."""
    with Client(f"unix://{box.socket}") as client, closing(client.logs(chatter, tail=1, follow=True)) as stream:
        next(stream)
        for number in range(3):
            said = time.time()
            say(box, f"mark-{number}-of-print")
            record = next(record for record in stream if f"mark-{number}-of-print" in record.message)
            assert record.time.timestamp() - said < 2
            assert time.time() - record.time.timestamp() < 2
            assert (record.project, record.deployment, record.level) == (chatter, "speaker", "info")
            assert record.request_id


@pytest.mark.parametrize("way", ["traceback", "exception"])
def test_a_traceback_stays_one_record(box: Box, way: str) -> None:
    """Printed line by line or logged: one record with all of its causes, which counts as an error."""
    text = f"mark-{way}"
    say(box, text, way)

    [record] = eventually(lambda: about(box, text, "--level", "error"), within=10)

    assert record["message"].rstrip().endswith(f"Error: {text}")
    assert record["message"].count("Traceback (most recent call last):") == (2 if way == "traceback" else 1)
    assert ("ValueError: inner" in record["message"]) == (way == "traceback")


def test_what_is_written_past_python_is_there_too(box: Box) -> None:
    """A library's own writes to the standard streams carry no time and are marked; nothing is shown twice."""
    say(box, "mark-descriptors", "descriptors")
    say(box, "mark-stderr", "stderr")

    found = eventually(lambda: about(box, "mark-descriptors"), lambda found: len(found) == 2, within=10)
    assert {(record["source"], record["by_arrival"]) for record in found} == {("stdout", True), ("stderr", True)}
    assert all(record["replica"] and record["deployment"] == "speaker" for record in found)
    [printed] = eventually(lambda: about(box, "mark-stderr"), within=10)
    assert printed["source"] == "serve"


def test_a_progress_bar_is_its_last_state(box: Box) -> None:
    """Not a record for each step."""
    say(box, "mark-bar", "bar")

    found = eventually(lambda: about(box, "mark-bar"), within=10)

    assert [record["message"] for record in found] == ["mark-bar 100%"]


def test_a_follower_that_was_cut_off_goes_on_where_it_was(box: Box, chatter: str) -> None:
    """The connection breaks while replicas write: each record comes once, in order."""
    with (
        cutting_relay(box.socket, box.root / "cut.sock") as connections,
        Client(f"unix://{box.root / 'cut.sock'}") as client,
        closing(client.logs(chatter, tail=1, follow=True)) as stream,
        ThreadPoolExecutor(1) as pool,
    ):
        next(stream)
        sung = pool.submit(
            lambda: box.post(f"/{chatter}/chorus", json={"voices": 3, "lines": 60, "pause_s": 0.05}).json()
        )
        notes: list[str] = []
        for record in stream:
            if record.message.startswith("note "):
                notes.append(record.message)
                if len(notes) in {20, 90, 150}:
                    for each in connections:
                        with suppress(OSError):
                            each.shutdown(socket.SHUT_RDWR)
            if len(notes) == 180:
                break
        sung.result()
    written = [record["message"] for record in about(box, "note ")][-180:]
    assert len(set(notes)) == 180
    assert sorted(notes) == sorted(written)


def test_a_cursor_file_shows_each_record_to_one_run(box: Box, chatter: str, tmp_path: Path) -> None:
    """What a cron job needs: the second run begins where the first one ended."""
    file = tmp_path / "cursor"
    say(box, "mark-cron-1")
    first = eventually(
        lambda: box.logs(chatter, "--cursor-file", str(file)),
        lambda found: any("mark-cron-1" in record["message"] for record in found),
        within=10,
    )
    say(box, "mark-cron-2")

    second = eventually(lambda: box.logs(chatter, "--cursor-file", str(file)), within=10)

    assert first
    assert [record["message"] for record in second if "mark-cron" in record["message"]] == ["mark-cron-2"]


def test_the_whole_log_can_be_saved(box: Box, tmp_path: Path) -> None:
    """All records of the box, also those of Serve's controller and of the daemon."""
    say(box, "mark-saved")
    eventually(lambda: about(box, "mark-saved"), within=10)

    box.ok("logs", "--save", tmp_path / "box.log", "-o", "json")

    records = [json.loads(line) for line in (tmp_path / "box.log").read_text().splitlines()]
    assert any("mark-saved" in record["message"] for record in records)
    assert {"serve", "controller", "build"} <= {record["source"] for record in records}
    assert [path.name for path in tmp_path.iterdir()] == ["box.log"]


def test_the_last_lines_of_a_crashed_replica_are_there(box: Box, chatter: str) -> None:
    """What it printed and what its process wrote, though the replica is gone and another one took over."""
    before = {replica["id"] for replica in box.json("replicas", chatter) if replica["deployment"] == "speaker"}
    box.post(f"/{chatter}/last_words", json={"text": "mark-last-words"})

    def heard() -> set[tuple[str, str]]:
        return {(record["source"], record["replica"]) for record in about(box, "mark-last-words")}

    found = eventually(heard, lambda found: {"serve", "stderr"} <= {source for source, _ in found}, within=30)

    now = eventually(
        lambda: {replica["id"] for replica in box.json("replicas", chatter) if replica["deployment"] == "speaker"},
        lambda now: len(now) == 3 and not now & {replica for _, replica in found},
        within=120,
    )
    assert {replica for _, replica in found} & before
    assert {"serve", "stderr"} <= {source for source, _ in heard()}
    assert now
