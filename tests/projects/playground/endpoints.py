# ruff: noqa: D101, D102 - a project as its author writes it
from collections.abc import AsyncGenerator
from typing import TypedDict

from aanad.sdk import AanaDeploymentHandle, Endpoint


class Echo(TypedDict):
    text: list[str]


class Number(TypedDict):
    number: int


class Who(TypedDict):
    pid: int
    revision: str
    greeting: str


class EchoEndpoint(Endpoint):
    async def run(self, text: list[str]) -> Echo:
        return {"text": [line.lower() for line in text]}


class CountEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.counter = await AanaDeploymentHandle.create("counter")

    async def run(self, limit: int, pause_s: float = 0.0, fail_at: int | None = None) -> AsyncGenerator[Number, None]:
        async for number in self.counter.count(limit, pause_s, fail_at):
            yield {"number": number}


class SleepEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.worker = await AanaDeploymentHandle.create("worker")

    async def run(self, seconds: float, note: str = "") -> str:
        return await self.worker.work(seconds, note)


class WhoEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.worker = await AanaDeploymentHandle.create("worker")

    async def run(self) -> Who:
        return await self.worker.who()


class FailEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.counter = await AanaDeploymentHandle.create("counter")

    async def run(self, message: str = "secret") -> None:
        await self.counter.fail(message)


class MissingEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.counter = await AanaDeploymentHandle.create("counter")

    async def run(self, name: str) -> None:
        await self.counter.find(name)


class WrongEndpoint(Endpoint):
    async def run(self) -> Echo:
        return {"text": "secret"}
