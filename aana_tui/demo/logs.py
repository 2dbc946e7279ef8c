"""The simulated box's logs: chatty replicas, tracebacks, JSON, and lines that would harm a careless terminal."""

from __future__ import annotations

import json
import re
from collections import deque
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from aana_tui.demo.routes import Call, Refusal, Routes, streamed
from aanad.wire.logs import LogCursor, LogRecord

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    import httpx

    from aana_tui.demo.box import SimulatedBox

KEPT = 20_000
PAST_SECONDS = 600
PAST_RATE = 6
HEARTBEAT_S = 10.0
LEVELS = ["debug", "info", "warning", "error", "critical"]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TRACEBACK = """Request {request} failed.
Traceback (most recent call last):
  File "/srv/{project}/app.py", line 88, in run
    return await self.model.predict(batch)
  File "/srv/{project}/model.py", line 41, in predict
    output = self.pipeline(batch, generate_kwargs={{"max_new_tokens": 448}})
torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."""
_HOSTILE = "caption: \x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m \u202egnp.exe\u202c [/b] [link=x] \x00\x9b5n end"
routes = Routes()


class SimulatedLog:
    """All records of a box, by number. Its past is made when it is first read.

    Args:
        box: whose replicas write.
        rate: about how many records a second.
    """

    def __init__(self, box: SimulatedBox, *, rate: int = 12) -> None:
        self.rate = rate
        self._box = box
        self._chance = box.chance("logs")
        self._records: deque[LogRecord] = deque(maxlen=KEPT)
        self._has_past = False
        self.end = 0
        """The number that the next record gets."""
        box.each_second.append(self._second)

    def add(self, message: str, *, level: str | None = "info", seconds_ago: float = 0, **fields: Any) -> LogRecord:
        """Somebody writes something."""
        with self._box.changed:
            self._fill()
            record = self._write(message, level, self._box.now - timedelta(seconds=seconds_ago), fields)
            self._box.changed.notify_all()
            return record

    def clear(self) -> None:
        """Forget what was written."""
        with self._box.changed:
            self._has_past = True
            self._records.clear()

    def after(self, number: int) -> tuple[list[LogRecord], int]:
        """The records from this number on, as far as they are kept, and the number of the next one."""
        with self._box.changed:
            self._fill()
            begin = self.end - len(self._records)
            return list(islice(self._records, max(0, number - begin), None)), self.end

    def is_past(self, number: int) -> bool:
        """Whether there is a record with this number."""
        return self.end > number

    def _write(self, message: str, level: str | None, time: datetime, fields: dict[str, Any]) -> LogRecord:
        fields = {"source": "serve", **fields}
        self.end += 1
        file = "-".join(str(fields.get(name)) for name in ("source", "project", "deployment", "replica"))
        record = LogRecord(time=time, level=level, message=message, position=f"{file}.log:{self.end}", **fields)
        self._records.append(record)
        return record

    def _fill(self) -> None:
        if self._has_past:
            return
        self._has_past = True
        for ago in range(PAST_SECONDS, 0, -1):
            self._chatter(ago, PAST_RATE)

    def _second(self) -> None:
        if self._has_past:
            self._chatter(0, self.rate)
            self._box.changed.notify_all()

    def _chatter(self, ago: int, most: int) -> None:
        chance = self._chance
        replicas = list(self._box.items("replicas").values())
        count = chance.randint(most // 2, most)
        for number in range(count):
            time = self._box.now - timedelta(seconds=ago) + timedelta(seconds=number / count)
            if not replicas or chance.random() < 0.03:  # noqa: PLR2004
                source = chance.choice(["controller", "daemon"])
                self._write(_of_box(chance), "info", time, {"source": source})
                continue
            replica = chance.choice(replicas)
            level, message, more = _said(chance, replica["project"])
            fields = {key: replica[key] for key in ("project", "deployment")}
            self._write(message, level, time, {**fields, "replica": replica["id"], **more})


def _of_box(chance: random.Random) -> str:
    return chance.choice(
        [
            "Deployment target is unchanged.",
            "Autoscaling looked at 12 applications in 3 ms.",
            "GET /v1/watch 200",
            "reconcile.step projects=12 changed=0",
        ]
    )


def _said(chance: random.Random, project: str) -> tuple[str | None, str, dict[str, Any]]:
    request = f"{chance.getrandbits(48):012x}"
    dice = chance.random()
    if dice < 0.62:  # noqa: PLR2004
        text = f"POST /{project}/run 200 {chance.uniform(8, 900):.1f}ms"
        return "info", text, {"request_id": request}
    if dice < 0.78:  # noqa: PLR2004
        figures = {"event": "batch.done", "size": chance.randint(1, 16), "tokens": chance.randint(20, 4000),
                   "ms": round(chance.uniform(5, 400), 1), "cache": {"hit": chance.random() < 0.5}}  # noqa: PLR2004  # fmt: skip
        return "info", json.dumps(figures), {"request_id": request}
    if dice < 0.88:  # noqa: PLR2004
        return "debug", f"queue depth {chance.randint(0, 40)}, kv cache {chance.randint(10, 99)} % full", {}
    if dice < 0.94:  # noqa: PLR2004
        return "warning", f"Slow request {request}: {chance.uniform(2, 9):.1f} s in the queue.", {"request_id": request}
    if dice < 0.96:  # noqa: PLR2004
        return None, f"\r{chance.randint(1, 100):3d}%|{'█' * chance.randint(1, 20)}| ", {
            "source": "stderr", "by_arrival": True,
        }  # fmt: skip
    if dice < 0.97:  # noqa: PLR2004
        return "info", _HOSTILE, {}
    if dice < 0.972:  # noqa: PLR2004
        return "warning", "embedding " + ", ".join(f"{chance.uniform(-1, 1):.6f}" for _ in range(9000)), {}
    if dice < 0.99:  # noqa: PLR2004
        return (
            "info",
            f"Text in many scripts: 字幕 {chance.randint(1, 99)} · καλημέρα · 🎬 done",
            {"request_id": request},
        )
    return "error", _TRACEBACK.format(request=request, project=project), {"request_id": request}


@routes("GET", "/v1/logs")
def logs(call: Call) -> httpx.Response:
    """Records, merged; followed, where that is asked for."""
    return streamed(call, _stream(call, _filter(call)))


def _stream(call: Call, is_meant: Callable[[LogRecord], bool]) -> Iterator[bytes]:
    log, query = call.box.log, call.query
    cursor = query.get("cursor", "")
    at = int(cursor) if cursor.isdecimal() else 0
    records, seen = log.after(at)
    found = [record for record in records if is_meant(record)]
    tail = query.get("tail", "100")
    if not cursor and tail != "all":
        found = found[-int(tail) :] if int(tail) else []
    yield from map(_line, found)
    yield _line(LogCursor(cursor=str(seen)))
    while query.get("follow") == "true":
        if not call.wait_for(partial(log.is_past, seen), HEARTBEAT_S):
            yield b"\n"
            continue
        records, seen = log.after(seen)
        yield from (_line(record) for record in records if is_meant(record))
        yield _line(LogCursor(cursor=str(seen)))


def _line(data: LogRecord | LogCursor) -> bytes:
    return data.model_dump_json().encode() + b"\n"


def _filter(call: Call) -> Callable[[LogRecord], bool]:
    query = call.query
    projects, sources = query.get_list("project"), query.get_list("source")
    deployment, replica = query.get("deployment"), query.get("replica")
    known = call.box.items("projects")
    for name in projects:
        if name not in known:
            raise Refusal(404, "project_not_found", f"There is no project {name}.", "`aana ps` lists them.")
    try:
        grep = re.compile(query.get("grep", ""))
    except re.error as error:
        raise Refusal(422, "invalid_pattern", f"grep is no regular expression: {error}.") from error
    since = _moment(query.get("since"), call.box.now)
    level = query.get("level")

    def is_meant(record: LogRecord) -> bool:
        return (
            (not projects or record.project in projects)
            and (not sources or record.source in sources)
            and (not deployment or record.deployment == deployment)
            and (not replica or (record.replica or "").endswith(replica))
            and (not level or (record.level in LEVELS and LEVELS.index(record.level) >= LEVELS.index(level)))
            and (since is None or record.time >= since)
            and grep.search(record.message) is not None
        )

    return is_meant


def _moment(text: str | None, now: datetime) -> datetime | None:
    if not text:
        return None
    if text[-1] in _UNITS and text[:-1].isdecimal():
        return now - timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(
            422, "invalid_input", f"since is neither a time nor a duration: {text!r}.", "10m is for ten minutes ago."
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
