"""``/v1/watch`` on a real server: what a reader is sent, and what becomes of one who does not read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from aanad.client import Client, Watched
from tests.core.conftest import Box


async def until(client: Client, watched: Watched, condition: Callable[[Watched], object], *topics: str) -> Watched:
    """Apply changes until it is as it should be."""

    def follow() -> Watched:
        for change in client.watch(*topics):
            watched.apply(change)
            if condition(watched):
                return watched
        raise AssertionError

    async with asyncio.timeout(10):
        return await asyncio.to_thread(follow)


async def test_a_reader_gets_everything_and_then_each_change(served: Path, box: Box) -> None:
    """The snapshot has the projects as they are; a deploy comes as deltas, with its operation and its events."""
    await box.deploy("asr")
    with Client(f"unix://{served}") as client:
        watched = await until(client, Watched(), lambda w: w.state)
        assert ["asr"] == list(watched.state["projects"])
        assert [f"asr/model/{box.observation.cluster.applications['asr'].deployments['model'].replicas[0].id}"] == [
            key for key in watched.state["replicas"] if key.startswith("asr/model/")
        ]
        assert {"status"} == watched.state["daemon"].keys()

        waiting = asyncio.create_task(
            until(client, watched, lambda w: w.state["projects"].get("ocr", {}).get("phase") == "running")
        )
        await box.deploy("ocr")
        watched = await waiting

    assert {"asr", "ocr"} == watched.state["projects"].keys()
