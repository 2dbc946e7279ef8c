# ruff: noqa: D101, D102 - a project as its author writes it
import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator
from typing import Any

from ray import serve

from aanad.sdk import BaseDeployment
from aanad.sdk.exceptions import NotFound

REVISION = "one"
logger = logging.getLogger(__name__)


@serve.deployment
class Counter(BaseDeployment):
    async def count(self, limit: int, pause_s: float, fail_at: int | None) -> AsyncGenerator[int, None]:
        for number in range(limit):
            if number == fail_at:
                raise RuntimeError(f"secret: cannot count to {number}")
            yield number
            await asyncio.sleep(pause_s)

    async def fail(self, message: str) -> None:
        raise RuntimeError(message)

    async def find(self, name: str) -> None:
        raise NotFound(f"There is no {name}.", hint="Look elsewhere.", code="nothing_found")


@serve.deployment
class Worker(BaseDeployment):
    async def apply_config(self, config: dict[str, Any]) -> None:
        self.greeting = config["greeting"]
        print(f"worker configured: {self.greeting}")

    def work(self, seconds: float, note: str) -> str:
        """Blocks, as most models do."""
        print(f"worker begins: {note}")
        logger.info("worker logs: %s", note)
        time.sleep(seconds)
        return f"{self.greeting} {note}"

    async def who(self) -> dict[str, Any]:
        return {"pid": os.getpid(), "revision": REVISION, "greeting": self.greeting}

    async def exit(self) -> None:
        os._exit(1)
