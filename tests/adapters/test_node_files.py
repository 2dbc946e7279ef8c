"""Log files of other nodes, against real HTTP servers that answer as Ray's dashboard and agents do."""

from __future__ import annotations

import asyncio
import json
import logging
import logging.handlers
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aanad.adapters.logs.node_files import NodeFiles, NodeSilent
from aanad.adapters.logs.reader import LogFiles
from aanad.adapters.ray_dashboard import RayDashboard
from aanad.core.records import LogQuery, LogSource
from aanad.wire.logs import LogRecord
from tests.adapters.ray_log_api import TOKEN, RayLogApi, ray_log_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RayLogApi]:
    async with ray_log_api(tmp_path) as api:
        yield api


@pytest.fixture
async def files(api: RayLogApi) -> AsyncIterator[NodeFiles]:
    dashboard = RayDashboard(url=lambda: api.url, token=lambda: TOKEN, host="", port=1)
    files = NodeFiles(dashboard.document, lambda: TOKEN)
    yield files
    await files.close()
    await dashboard.close()


async def test_any_part_of_a_file_is_read(api: RayLogApi, files: NodeFiles) -> None:
    """Exactly the bytes asked for, with the size and time of the whole file; nothing at its end, None without it."""
    path = api.folder / "serve" / "a #1.log"
    path.write_bytes(b"0123456789")

    assert await files.names("n1", "serve/*") == ["serve/a #1.log"]
    piece = await files.piece("n1", "serve/a #1.log", 3, 4)
    assert piece is not None
    assert (piece.data, piece.size, piece.modified) == (b"3456", 10, path.stat().st_mtime_ns)
    at_end = await files.piece("n1", "serve/a #1.log", 10, 4)
    assert at_end is not None
    assert (at_end.data, at_end.size) == (b"", 10)
    assert await files.piece("n1", "serve/none.log", 0, 4) is None


async def test_a_node_that_is_not_there_is_said(files: NodeFiles) -> None:
    """A node that Ray does not know, or no longer, has one kind of error, with a sentence."""
    with pytest.raises(NodeSilent, match="no such node"):
        await files.names("n2", "serve/*")
    with pytest.raises(NodeSilent, match="does not say where"):
        await files.piece("n2", "serve/a.log", 0, 4)


async def test_an_agent_that_was_run_again_is_found(api: RayLogApi, files: NodeFiles) -> None:
    """It has another port then; the next question but one finds it."""
    (api.folder / "serve" / "a.log").write_bytes(b"text")
    assert await files.piece("n1", "serve/a.log", 0, 4) is not None

    await api.restart()

    with pytest.raises(NodeSilent, match="does not answer"):
        await files.piece("n1", "serve/a.log", 0, 4)
    assert await files.piece("n1", "serve/a.log", 0, 4) is not None


SOURCE = LogSource("asr", "model", None, "serve", "serve/replica_asr_model_*.log", node="10.0.0.2", node_id="n1")


class Lines:
    """What a reader gets, as it comes."""

    def __init__(self, folder: Path, files: NodeFiles, *sources: LogSource, **query: Any) -> None:
        async def asked() -> list[LogSource]:
            return list(sources or (SOURCE,))

        self._pieces = LogFiles(lambda: folder, files).read(asked, LogQuery(**query))
        self.records: list[LogRecord] = []
        self.cursor = ""

    async def until(self, is_enough: Callable[[list[str]], bool], *, within: float = 20) -> list[str]:
        """The messages, once there are enough of them."""
        async with asyncio.timeout(within):
            while not is_enough(messages := [record.message for record in self.records]):
                self._take(await anext(self._pieces))
        return messages

    async def all(self) -> list[str]:
        """The messages of a reader that does not follow."""
        async for piece in self._pieces:
            self._take(piece)
        return [record.message for record in self.records]

    async def close(self) -> None:
        """Leave."""
        await self._pieces.aclose()  # type: ignore[attr-defined]

    def _take(self, piece: bytes) -> None:
        for line in piece.splitlines():
            if line.startswith(b'{"cursor"'):
                self.cursor = json.loads(line)["cursor"]
            elif line:
                self.records.append(LogRecord.model_validate_json(line))


class Replica:
    """Writes as Serve's logger does, and rotates as it does."""

    def __init__(self, api: RayLogApi, name: str = "abc", *, max_bytes: int = 0, kept: int = 3) -> None:
        self.path = api.folder / "serve" / f"replica_asr_model_{name}.log"
        self._logger = logging.Logger(name)  # noqa: LOG001 - one of its own
        handler = logging.handlers.RotatingFileHandler(self.path, maxBytes=max_bytes, backupCount=kept)
        handler.setFormatter(logging.Formatter("%(levelname)s %(asctime)s asr_model abc -- %(message)s"))
        self._logger.addHandler(handler)
        api.when_done.append(handler.close)
        self.count = 0

    def say(self, count: int = 1) -> None:
        """Write so many lines more."""
        for _ in range(count):
            self._logger.info("line %06d", self.count)
            self.count += 1

    def said(self, first: int = 0) -> list[str]:
        """The messages of all lines from one on."""
        return [f"line {number:06d}" for number in range(first, self.count)]


async def test_the_last_lines_of_another_node(api: RayLogApi, files: NodeFiles, tmp_path: Path) -> None:
    """They are merged with those of this one by their time, and carry their node and place."""
    here = tmp_path / "here"
    (here / "serve").mkdir(parents=True)
    replica = Replica(api)
    replica.say(3_000)
    (here / "serve" / "replica_asr_model_own.log").write_text("INFO 2020-01-01 00:00:00,000 asr_model own -- old\n")

    lines = Lines(here, files, SOURCE, replace(SOURCE, node=None, node_id=None), tail=3)

    assert await lines.all() == replica.said(replica.count - 3)
    assert {(record.node, record.replica, record.source) for record in lines.records} == {("10.0.0.2", "abc", "serve")}
    positions = [record.position.partition(":") for record in lines.records]
    assert len({identity for identity, _, _ in positions}) == 1
    assert int(positions[-1][2]) == replica.path.stat().st_size
    everything = Lines(here, files, SOURCE, replace(SOURCE, node=None, node_id=None))
    assert await everything.all() == ["old", *replica.said()]


async def test_following_loses_nothing_and_gives_nothing_twice(
    api: RayLogApi, files: NodeFiles, tmp_path: Path
) -> None:
    """Whatever is written meanwhile, while the file is set aside again and again."""
    replica = Replica(api, max_bytes=100_000, kept=30)
    replica.say(10)
    lines = Lines(tmp_path / "none", files, tail=5, follow=True)
    await lines.until(lambda messages: len(messages) == 5)

    async def write() -> None:
        for _ in range(30):
            replica.say(500)
            await asyncio.sleep(0.1)

    writing = asyncio.create_task(write())
    messages = await lines.until(lambda messages: writing.done() and len(messages) >= replica.count - 5, within=60)

    assert sorted(messages) == replica.said(5)
    await lines.close()


async def test_a_cursor_goes_on_where_it_stood(api: RayLogApi, files: NodeFiles, tmp_path: Path) -> None:
    """What was written while nobody read, before and after the file was set aside, is read once."""
    replica = Replica(api, max_bytes=100_000)
    replica.say(100)
    first = Lines(tmp_path / "none", files)
    assert await first.all() == replica.said()

    replica.say(2_500)
    assert len(list(replica.path.parent.iterdir())) > 1
    second = Lines(tmp_path / "none", files, cursor=first.cursor)

    assert await second.all() == replica.said(100)


async def test_a_new_replica_is_followed_from_its_first_line(api: RayLogApi, files: NodeFiles, tmp_path: Path) -> None:
    """Also one whose first line is not complete when it is found."""
    Replica(api).say()
    lines = Lines(tmp_path / "none", files, tail=0, follow=True)
    await lines.until(lambda _: bool(lines.cursor))

    path = api.folder / "serve" / "replica_asr_model_new.log"
    path.write_text("half ")
    await asyncio.sleep(0.2)
    with path.open("a") as file:
        file.write("a line\nmore\n")

    assert await lines.until(lambda messages: len(messages) == 2) == ["half a line", "more"]
    await lines.close()


async def test_a_silent_node_holds_nobody_back(
    api: RayLogApi, files: NodeFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said in the stream; other files go on in time, and what it wrote meanwhile comes when it answers again."""
    monkeypatch.setattr("aanad.adapters.logs.node.PAUSE_S", 0.2)
    here = tmp_path / "here"
    (here / "serve").mkdir(parents=True)
    own = here / "serve" / "replica_asr_model_own.log"
    own.touch()
    replica = Replica(api)
    replica.say()
    lines = Lines(here, files, SOURCE, replace(SOURCE, node=None, node_id=None), tail=0, follow=True)
    await lines.until(lambda _: bool(lines.cursor))
    replica.say()
    await lines.until(lambda messages: len(messages) == 1)

    api.answers.clear()
    messages = await lines.until(lambda messages: len(messages) == 2)
    assert messages[1].startswith("The log files of node 10.0.0.2 cannot be read now: ")
    assert (lines.records[1].level, lines.records[1].source, lines.records[1].node) == ("warning", "daemon", "10.0.0.2")
    replica.say(3)
    began = time.monotonic()
    own.write_text("own line\n")
    assert (await lines.until(lambda messages: len(messages) == 3))[-1] == "own line"
    assert time.monotonic() - began < 2

    api.answers.set()
    messages = await lines.until(lambda messages: len(messages) == 7)
    assert [message for message in messages if message.startswith("line")] == replica.said(1)
    assert "The log files of node 10.0.0.2 can be read again." in messages
    await lines.close()


async def test_a_cursor_waits_for_a_node_that_is_silent(
    api: RayLogApi, files: NodeFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that comes back while the node is away gets what is new, and that alone, once the node is there."""
    monkeypatch.setattr("aanad.adapters.logs.node.PAUSE_S", 0.2)
    replica = Replica(api)
    replica.say(100)
    first = Lines(tmp_path / "none", files)
    await first.all()
    replica.say(10)

    api.answers.clear()
    second = Lines(tmp_path / "none", files, cursor=first.cursor, follow=True)
    await second.until(lambda messages: len(messages) == 1 and bool(second.cursor))
    await second.close()
    third = Lines(tmp_path / "none", files, cursor=second.cursor, follow=True)
    await third.until(lambda messages: len(messages) == 1)
    api.answers.set()

    messages = await third.until(lambda messages: len(messages) >= 12)
    assert [message for message in messages if message.startswith("line")] == replica.said(100)
    await third.close()


async def test_nobody_is_asked_while_nobody_follows(api: RayLogApi, files: NodeFiles, tmp_path: Path) -> None:
    """A reader that left leaves no requests behind; a quiet file costs few while it is followed."""
    replica = Replica(api)
    replica.say()
    lines = Lines(tmp_path / "none", files, tail=1, follow=True)
    await lines.until(lambda messages: len(messages) == 1)
    asked = len(api.requests)
    await asyncio.sleep(3)
    assert len(api.requests) - asked < 8
    await lines.close()

    asked = len(api.requests)
    await asyncio.sleep(1)
    assert len(api.requests) == asked
