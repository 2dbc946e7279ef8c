"""`ModelThread`: the one thread that uses a model, so that the replica's event loop stays free."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")
T = TypeVar("T")


class ModelThread(Generic[Item, Result]):
    """Runs a model's calls one after the other, each with as many waiting items as a batch may have.

    Nothing waits for a batch to fill: a lone item is taken at once, and what arrives while the model is busy makes
    the next batch. Meanwhile the event loop answers health checks and other calls. An item whose caller went away
    is left out. A batch that fails is tried again item by item, so that nobody gets another's error.
    """

    def __init__(self, process: Callable[[list[Item]], list[Result]]) -> None:
        """`process` gives one result an item, in their order."""
        self.batch_size = 1
        """How many items one call of `process` may have."""
        self._process = process
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._work: asyncio.Task[None] | None = None

    async def run(self, function: Callable[[], T]) -> T:
        """Run something else in the thread, loading the model say: between two batches."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    async def map(self, items: Sequence[Item]) -> list[Result]:
        """The results of `items`, in their order; several callers' items may share a batch."""
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Result]] = [loop.create_future() for _ in items]
        self._waiting.extend(zip(items, futures, strict=True))
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._work_off())
        return list(await asyncio.gather(*futures))

    async def _work_off(self) -> None:
        while self._waiting:
            batch: list[tuple[Item, asyncio.Future[Result]]] = []
            while self._waiting and len(batch) < self.batch_size:
                item, future = self._waiting.popleft()
                if not future.done():
                    batch.append((item, future))
            if batch:
                await self._answer(batch)

    async def _answer(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        items = [item for item, _ in batch]
        try:
            results = await self.run(lambda: self._process(items))
            answers = list(zip(batch, results, strict=True))
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits for the item
            if len(batch) > 1:
                for single in batch:
                    await self._answer([single])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, future), result in answers:
            if not future.done():
                future.set_result(result)
