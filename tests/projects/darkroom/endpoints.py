# ruff: noqa: D101, D102 - a project as its author writes it
from typing import TypedDict

from aanad.sdk import AanaDeploymentHandle, Endpoint


class Who(TypedDict):
    pid: int


class WhoEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.whole = await AanaDeploymentHandle.create("whole")

    async def run(self) -> Who:
        return {"pid": await self.whole.pid()}
