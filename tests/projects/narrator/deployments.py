# ruff: noqa: D101, D102 - a project as its author writes it
import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ray import serve

from aanad.sdk import BaseDeployment

logger = logging.getLogger(__name__)


@serve.deployment
class Voice(BaseDeployment):
    async def apply_config(self, config: dict[str, Any]) -> None:
        for number in range(200):
            logger.warning("line %d of the prologue", number)
        logger.error("the narrator has lost its page")
        for number in range(200):
            logger.warning("line %d of the epilogue", number)

    async def tell(self, title: str, until: str) -> AsyncIterator[str]:
        """The first word at once, the others as soon as there is a file of that name."""
        yield f"{title}: once"
        while not Path(until).exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.05)
        yield "upon a time"
