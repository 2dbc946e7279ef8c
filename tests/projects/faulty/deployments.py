# ruff: noqa: D101, D102 - a project as its author writes it
import asyncio
import os
import time
from collections.abc import AsyncGenerator, Generator

from ray import serve

from aanad.sdk import AanaDeploymentHandle, BaseDeployment
from aanad.sdk.exceptions import EndpointError, InferenceError, TooManyRequests

from .errors import NoSpeaker


@serve.deployment(max_ongoing_requests=20)
class Model(BaseDeployment):
    def __init__(self) -> None:
        self.closed: dict[str, float] = {}

    async def fail(self, how: str) -> str:
        if how == "speaker":
            raise NoSpeaker("ann", known=["bob"])
        if how == "busy":
            raise TooManyRequests("Come back later.", retry_after_s=2.5)
        if how == "teapot":
            raise EndpointError("I am a teapot.", status=418, code="teapot", extra={"volume_l": 1.5})
        if how == "inference":
            raise InferenceError("The weights are broken.")
        if how == "crash":
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return "fine"

    async def slow(self, note: str, seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        finally:
            self.closed[note] = time.time()
        return note

    async def stream(self, note: str, count: int, pause_s: float) -> AsyncGenerator[int, None]:
        try:
            for number in range(count):
                yield number
                await asyncio.sleep(pause_s)
        finally:
            self.closed[note] = time.time()

    async def busy(self, note: str, count: int, pause_s: float) -> AsyncGenerator[int, None]:
        """Never gives the event loop a chance, as many models do."""
        try:
            for number in range(count):
                yield number
                time.sleep(pause_s)  # noqa: ASYNC251
        finally:
            self.closed[note] = time.time()

    def plain(self, note: str, count: int, pause_s: float) -> Generator[int, None, None]:
        try:
            for number in range(count):
                yield number
                time.sleep(pause_s)
        finally:
            self.closed[note] = time.time()

    async def ended(self) -> dict[str, float]:
        return self.closed

    async def pid(self) -> int:
        return os.getpid()


@serve.deployment(max_ongoing_requests=20)
class Watcher(BaseDeployment):
    """Calls another deployment, of its own project or of another."""

    async def apply_config(self, config: dict[str, str]) -> None:
        self.model = await AanaDeploymentHandle.create("model", project=config.get("project"))

    async def fail(self, how: str) -> str:
        return await self.model.fail(how)

    async def slow(self, note: str, seconds: float) -> str:
        return await self.model.slow(note, seconds)

    async def stream(self, note: str, count: int, pause_s: float) -> AsyncGenerator[int, None]:
        async for number in self.model.stream(note, count, pause_s):
            yield number
