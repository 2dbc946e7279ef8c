# ruff: noqa: D101, D102 - a project as its author writes it
import asyncio
from collections.abc import AsyncGenerator

from ray import serve

from aanad.sdk import BaseDeployment


@serve.deployment
class Clerk(BaseDeployment):
    async def apply_config(self, _: dict[str, object]) -> None:
        self.door = asyncio.Event()
        self.ledger = {"attending": 0, "cancelled": 0, "hung_up": 0}

    async def attend(self, name: str) -> str:
        """Until `let_go` is called."""
        self.ledger["attending"] += 1
        try:
            await self.door.wait()
        except asyncio.CancelledError:
            self.ledger["cancelled"] += 1
            raise
        finally:
            self.ledger["attending"] -= 1
        return name

    async def let_go(self) -> None:
        self.door.set()
        self.door = asyncio.Event()

    async def calls(self) -> AsyncGenerator[int, None]:
        """One, then silence."""
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            self.ledger["hung_up"] += 1

    async def read_ledger(self) -> dict[str, int]:
        return dict(self.ledger)
