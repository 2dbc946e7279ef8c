"""Reading log files: the last lines, new lines, rotation, and what a line may look like."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aanad.adapters.logs.reader import LogFiles
from aanad.core.records import LogQuery, LogSource
from aanad.wire.logs import LogRecord

SOURCE = LogSource("asr", "model", None, "serve", "serve/replica_asr_model_*.log")
NANOSECONDS = 1_000_000_000


def line(second: int, message: str, **more: object) -> str:
    """A line as Serve writes it."""
    return json.dumps({"timestamp_ns": second * NANOSECONDS, "levelname": "INFO", "message": message, **more}) + "\n"


def serve_log(tmp_path: Path, replica: str, text: str = "") -> Path:
    """A replica's log file."""
    path = tmp_path / "serve" / f"replica_asr_model_{replica}.log"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


async def read(tmp_path: Path, *sources: LogSource, tail: int | None = 100, **query: Any) -> AsyncIterator[LogRecord]:
    """The records of a folder."""

    async def asked() -> list[LogSource]:
        return list(sources or (SOURCE,))

    async for piece in LogFiles(lambda: tmp_path).read(asked, LogQuery(tail=tail, **query)):
        assert not piece or piece.endswith(b"\n")
        for line in piece.splitlines():
            if line and not line.startswith(b'{"cursor"'):
                yield LogRecord.model_validate_json(line)


async def messages(tmp_path: Path, *sources: LogSource, tail: int | None = 100) -> list[str]:
    """What is read without following."""
    return [record.message async for record in read(tmp_path, *sources, tail=tail)]


async def until(records: AsyncIterator[LogRecord], wanted: int) -> list[str]:
    """The next messages of a follower."""
    found: list[str] = []
    async with asyncio.timeout(10):
        async for record in records:
            found.append(record.message)
            if len(found) == wanted:
                break
    return found


async def test_the_last_records_of_all_files_in_time_order(tmp_path: Path) -> None:
    """Tail counts over all replicas together."""
    serve_log(tmp_path, "a1", line(1, "one") + line(3, "three"))
    serve_log(tmp_path, "b2", line(2, "two") + line(4, "four"))

    assert await messages(tmp_path) == ["one", "two", "three", "four"]
    assert await messages(tmp_path, tail=2) == ["three", "four"]
    assert await messages(tmp_path, tail=0) == []


async def test_a_record_says_where_it_came_from(tmp_path: Path) -> None:
    """Project, deployment, replica, level and request id are told apart from the message."""
    serve_log(tmp_path, "a1", line(1, "hello", request_id="r-1"))

    [record] = [r async for r in read(tmp_path)]

    assert (record.project, record.deployment, record.replica, record.source) == ("asr", "model", "a1", "serve")
    assert (record.level, record.request_id, record.time.timestamp()) == ("info", "r-1", 1.0)


async def test_a_traceback_stays_with_its_message(tmp_path: Path) -> None:
    """One record, several lines."""
    serve_log(tmp_path, "a1", line(1, "it failed", exc_text="Traceback\nValueError: x"))

    assert await messages(tmp_path) == ["it failed\nTraceback\nValueError: x"]


async def test_a_print_has_the_time_at_which_it_was_seen(tmp_path: Path) -> None:
    """A line that is no record of Serve's is passed on as it is."""
    (tmp_path / "worker-w1-01-77.out").write_text(":actor_name:x\nplain print\n")
    source = LogSource("asr", "model", "a1", "stdout", "worker-w1-*.out")

    [record] = [r async for r in read(tmp_path, source)]

    assert (record.message, record.replica, record.source) == ("plain print", "a1", "stdout")


async def test_following_gives_each_new_record_once(tmp_path: Path) -> None:
    """New lines, a line in two pieces, a new replica, a file that was emptied: nothing lost, nothing twice."""
    path = serve_log(tmp_path, "a1", line(1, "one"))
    records = read(tmp_path, follow=True)
    assert await until(records, 1) == ["one"]

    half = line(2, "two")
    with path.open("a") as file:
        file.write(half[:20])
        file.flush()
        waiting = asyncio.create_task(until(records, 1))
        await asyncio.sleep(0.6)
        assert not waiting.done()
        file.write(half[20:])
    assert await waiting == ["two"]

    serve_log(tmp_path, "b2", line(3, "three"))
    assert await until(records, 1) == ["three"]

    path.write_text(line(4, "four"))
    assert await until(records, 1) == ["four"]
    await records.aclose()  # type: ignore[attr-defined]


async def test_files_of_another_deployment_are_not_mixed_in(tmp_path: Path) -> None:
    """The deployment `model` does not show what `model_large` wrote, though its files begin alike."""
    serve_log(tmp_path, "a1", line(1, "mine"))
    serve_log(tmp_path, "large_b2", line(2, "theirs"))

    assert await messages(tmp_path) == ["mine"]


async def test_no_session_means_no_records() -> None:
    """Before Ray is up there is nothing to read, and that is no error."""

    async def asked() -> list[LogSource]:
        return [SOURCE]

    [cursor] = [piece async for piece in LogFiles(lambda: None).read(asked, LogQuery(tail=5))]
    assert cursor.startswith(b'{"cursor"')


async def test_a_follower_is_let_go_when_the_daemon_stops(tmp_path: Path) -> None:
    """Its stream ends in good order, with a cursor to read on from; it holds up no stop."""
    serve_log(tmp_path, "a1", line(1, "one"))
    files = LogFiles(lambda: tmp_path)

    async def asked() -> list[LogSource]:
        return [SOURCE]

    pieces = files.read(asked, LogQuery(tail=10, follow=True))
    first = await anext(pieces)
    files.stop()
    async with asyncio.timeout(10):
        rest = [piece async for piece in pieces]

    assert b'"one"' in first
    assert rest[-1].startswith(b'{"cursor"')
