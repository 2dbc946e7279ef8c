from typing import Annotated, TypedDict

from pydantic import Field

from aanad.sdk import AanaDeploymentHandle, Endpoint


class LowercaseResult(TypedDict):
    text: list[str]


class LowercaseEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.handle = await AanaDeploymentHandle.create("lowercase_deployment")

    async def run(self, text: Annotated[list[str], Field(description="The lines to lowercase.")]) -> LowercaseResult:
        return {"text": await self.handle.lower(text)}
