# ruff: noqa: D101, D102 - a project as its author writes it
import asyncio
from collections.abc import AsyncGenerator
from typing import Literal

from aanad.sdk import AanaDeploymentHandle, Endpoint


class FailEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.model = await AanaDeploymentHandle.create("model")

    async def run(self, how: str = "not") -> str:
        return await self.model.fail(how)


class ChainEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.watcher = await AanaDeploymentHandle.create("watcher")

    async def run(self, how: str = "not") -> str:
        return await self.watcher.fail(how)


class SlowEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.model = await AanaDeploymentHandle.create("model")
        self.watcher = await AanaDeploymentHandle.create("watcher")

    async def run(self, note: str, seconds: float = 60, through: Literal["model", "watcher"] = "model") -> str:
        return await getattr(self, through).slow(note, seconds)


class StreamEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.model = await AanaDeploymentHandle.create("model")
        self.watcher = await AanaDeploymentHandle.create("watcher")

    async def run(
        self,
        note: str,
        kind: Literal["stream", "busy", "plain", "watcher"] = "stream",
        count: int = 100,
        pause_s: float = 60,
    ) -> AsyncGenerator[int, None]:
        method = self.watcher.stream if kind == "watcher" else getattr(self.model, kind)
        async for number in method(note, count, pause_s):
            yield number


class ClosedEndpoint(Endpoint):
    """When calls ended, by their notes, in seconds of the clock."""

    async def initialize(self) -> None:
        self.model = await AanaDeploymentHandle.create("model")

    async def run(self) -> dict[str, float]:
        return await self.model.ended()


class PidsEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.model = await AanaDeploymentHandle.create("model")

    async def run(self, calls: int = 1) -> list[int]:
        return await asyncio.gather(*(self.model.pid() for _ in range(calls)))
