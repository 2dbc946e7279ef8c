# ruff: noqa: D101, D102 - a project as its author writes it
import asyncio

from aanad.sdk import AanaDeploymentHandle, Endpoint


class _ToSpeaker(Endpoint):
    async def initialize(self) -> None:
        self.speaker = await AanaDeploymentHandle.create("speaker")


class SayEndpoint(_ToSpeaker):
    async def run(self, text: str, way: str = "print") -> None:
        await self.speaker.say(text, way)


class ChorusEndpoint(_ToSpeaker):
    async def run(self, voices: int, lines: int, pause_s: float) -> list[int]:
        """The pids that sang."""
        return await asyncio.gather(*(self.speaker.sing(lines, pause_s) for _ in range(voices)))


class LastWordsEndpoint(_ToSpeaker):
    async def run(self, text: str) -> None:
        await self.speaker.die(text)
