"""The lifespan of an ASGI application in a replica: what it sets up before the first request and takes down last."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aanad.serving.asgi import Message, Receive, Scope, Send

    AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class Lifespan:
    """One application's lifespan.

    It runs in a task of its own from start to end: what libraries open in it (task groups, cancel scopes) must be
    closed by the task that opened it.
    """

    def __init__(self, app: AsgiApp) -> None:
        self.state: dict[str, Any] = {}
        """What it made for its requests."""
        self._app = app
        self._questions: asyncio.Queue[Message] = asyncio.Queue()
        self._answer: asyncio.Future[Message] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run what comes before the first request; an application that knows no lifespan has nothing to do.

        Raises:
            Exception: what its startup raised.
            RuntimeError: it said that its startup failed, and raised nothing.
        """
        self._task = asyncio.create_task(self._run())
        answer = await self._ask("lifespan.startup", self._task)
        if answer is None:
            failure = self._task.exception()
            takes_part = self._questions.empty()
            if takes_part and failure is not None:
                raise failure
        elif answer["type"] == "lifespan.startup.failed":
            await asyncio.wait([self._task])
            raise self._task.exception() or RuntimeError(answer.get("message") or "it did not say why")

    async def stop(self) -> None:
        """Run what comes after the last request.

        Raises:
            Exception: what it raised.
        """
        if self._task is None or self._task.done():
            return
        await self._ask("lifespan.shutdown", self._task)
        await self._task

    async def _ask(self, question: str, task: asyncio.Task[None]) -> Message | None:
        """The application's answer, or None where it ended without one."""
        answer = self._answer = asyncio.get_running_loop().create_future()
        self._questions.put_nowait({"type": question})
        await asyncio.wait([answer, task], return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        await self._app(scope, self._questions.get, self._send)

    async def _send(self, message: Message) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(message)
