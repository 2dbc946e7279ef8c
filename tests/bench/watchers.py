"""A thousand deltas a second to twenty watchers over the real API server: none lost, and what it costs.

Also run by itself: ``python -m tests.bench.watchers``.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from aanad.wire.events import Event
from tests.e2e.box import REPOSITORY, eventually

WATCHERS = 20
DELTAS_A_SECOND = 1000
SECONDS = 20
KEYS = 200
PUBLISH_EACH_S = 0.01
SETTLE_S = 20.0
_DELTA = re.compile(rb'data: {"cursor":(\d+),"topic":"events".*?"sent":([\d.]+)')


class Watcher:
    """One reader, which notes cursors and how long each delta was on its way."""

    def __init__(self) -> None:
        self.first = 0
        self.cursors: list[int] = []
        self.greatest_delay_s = 0.0

    async def follow(self, socket: str) -> None:
        """Read until all has come."""
        reader, writer = await asyncio.open_unix_connection(socket, limit=2**22)
        writer.write(b"GET /v1/watch?topics=events HTTP/1.1\r\nhost: aanad\r\n\r\n")
        snapshot = await reader.readuntil(b'"state":')
        self.first = int(snapshot.rpartition(b'"cursor":')[2].split(b",")[0])
        rest = b""
        while self.last < self.first + SECONDS * DELTAS_A_SECOND:
            rest += await reader.read(2**18)
            complete, _, rest = rest.rpartition(b"\n\n")
            now = time.monotonic()
            # The chunked encoding's own lines stand between events, never inside of a short one.
            for cursor, sent in _DELTA.findall(complete):
                self.cursors.append(int(cursor))
                self.greatest_delay_s = max(self.greatest_delay_s, now - float(sent))
        writer.close()

    @property
    def last(self) -> int:
        """The newest cursor that it has seen."""
        return self.cursors[-1] if self.cursors else self.first

    @property
    def lost(self) -> int:
        """Deltas between the snapshot and the last one that did not come, or not in order."""
        expected = range(self.first + 1, self.first + 1 + SECONDS * DELTAS_A_SECOND)
        return 0 if self.cursors == list(expected) else max(1, len(set(expected) - set(self.cursors)))


async def serve(socket: Path) -> None:
    """The API with one topic; when all watchers are there, its items change a thousand times a second."""
    from aanad.api import server
    from aanad.api.app import create_app
    from aanad.api.services import Services
    from aanad.core.access import AccessRules
    from aanad.core.broadcasting import Broadcasting
    from aanad.core.watch import WatchHub

    hub, items = WatchHub(), {}

    async def source() -> dict[str, Any]:
        return items

    broadcasting = Broadcasting(hub, {"events": source})
    nothing: dict[str, Any] = {field.name: None for field in dataclasses.fields(Services)}
    web = server.server(
        create_app(Services(**{**nothing, "access": AccessRules(os.geteuid()), "broadcasting": broadcasting}))
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(web.serve(sockets=[server.bind(socket)]))
        group.create_task(broadcasting.run())
        while len(web.server_state.tasks) < WATCHERS:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        print("begins", flush=True)
        begun = time.monotonic()
        for number in range(SECONDS * DELTAS_A_SECOND):
            if (early := begun + number / DELTAS_A_SECOND - time.monotonic()) > PUBLISH_EACH_S:
                await asyncio.sleep(early)
            key = str(number % KEYS)
            items[key] = Event(
                cursor=number,
                time=datetime.now(UTC),
                type="replica.died",
                project="project_07",
                actor="aanad",
                message="Replica k2x9ab of model died (pid 4711): it was killed by the kernel for lack of memory.",
                data={"deployment": "model", "replica": "k2x9ab", "sent": time.monotonic()},
            )
            hub.put("events", key, items[key])
            if number % 100 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(SETTLE_S)


async def watch(socket: str) -> list[Watcher]:
    """All watchers, until each has got everything or time is over."""
    watchers = [Watcher() for _ in range(WATCHERS)]
    following = [asyncio.create_task(each.follow(socket)) for each in watchers]
    _, late = await asyncio.wait(following, timeout=SECONDS + SETTLE_S)
    for task in late:
        task.cancel()
    return watchers


def report() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        socket = Path(folder) / "aanad.sock"
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.watchers", socket], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        )
        try:
            eventually(socket.exists, within=60)
            process = psutil.Process(child.pid)
            before, began = process.cpu_times(), time.monotonic()
            watchers = asyncio.run(watch(str(socket)))
            after, seconds = process.cpu_times(), time.monotonic() - began
            rss = process.memory_info().rss / 1e6
        finally:
            child.kill()
            child.wait()
    share = 100 * (after.user + after.system - before.user - before.system) / seconds
    print(
        f"watch: {SECONDS * DELTAS_A_SECOND} deltas in {SECONDS} s to {WATCHERS} watchers: "
        f"lost = {sum(each.lost for each in watchers)}, "
        f"greatest delay {1000 * max(each.greatest_delay_s for each in watchers):.0f} ms, "
        f"the daemon's side {share:.0f} % of one core, {rss:.0f} MB RSS",
        flush=True,
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(serve(Path(sys.argv[1])))
    else:
        report()
