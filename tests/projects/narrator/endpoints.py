# ruff: noqa: D101, D102 - a project as its author writes it
from collections.abc import AsyncIterator
from typing import Annotated

from pydantic import Field

from aanad.sdk import AanaDeploymentHandle, Endpoint


class TellEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.voice = await AanaDeploymentHandle.create("voice")

    async def run(
        self,
        title: Annotated[str, Field(description="What it is about.")],
        until: Annotated[str, Field(description="The file that lets it go on.")],
    ) -> AsyncIterator[str]:
        async for words in self.voice.tell(title, until):
            yield words
