"""Forgets the oldest events, seldom and a few at a time, so that nobody waits for the database meanwhile."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from aanad.errors import StoreUnavailable

if TYPE_CHECKING:
    from aanad.core.ports import Clock, Store

logger = logging.getLogger("aanad.events")

FIRST_AFTER_S = 60.0
"""A daemon that starts has better things to do."""
EACH_S = 3600.0
AT_ONCE = 500
PAUSE_S = 0.05


class EventRetention:
    """Keeps events for so many days, and so many of them; 0 is no limit."""

    def __init__(self, *, store: Store, clock: Clock, keep_days: int, keep: int) -> None:
        self._store = store
        self._clock = clock
        self._keep_days = keep_days
        self._keep = keep

    async def run(self) -> None:
        """Forget until cancelled."""
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            try:
                if count := await self.prune():
                    logger.info("events.pruned count=%d", count)
            except StoreUnavailable as error:
                logger.warning("events.not_pruned %s", error.message)
            await asyncio.sleep(EACH_S)

    async def prune(self) -> int:
        """Forget what is too old or too much, all of it; tells how many."""
        before = self._clock.now() - timedelta(days=self._keep_days) if self._keep_days else None
        total = 0
        while count := await self._store.prune_events(before=before, keep=self._keep or None, at_most=AT_ONCE):
            total += count
            await asyncio.sleep(PAUSE_S)
        return total
