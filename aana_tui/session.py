"""One daemon, as the console uses it: its state, its link, and single questions that never block the screen."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from aana_tui.state.link import Link
from aana_tui.state.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.client import Client

Answer = TypeVar("Answer")


class Session:
    """A daemon.

    Args:
        name: how it is called on the screen: the context's name or address.
        connect: makes a client of it; called in threads.
        address: the context's URL, for the commands that can be copied; the name where not given.
        read_only: whether `connect` asks the daemon to refuse every change.
    """

    def __init__(self, name: str, connect: Callable[[], Client], address: str = "", *, read_only: bool = False) -> None:
        self.name = name
        self.read_only = read_only
        self.address = address or name
        self.connect = connect
        self.store = Store()
        self.link = Link(connect, self.store)

    def open(self) -> None:
        """Begin to watch."""
        self.link.open()

    def close(self) -> None:
        """Let go of the daemon."""
        self.link.close()

    async def ask(self, call: Callable[[Client], Answer]) -> Answer:
        """Ask something in a thread.

        Raises:
            AanaError: what the client raised.
        """
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()

        def run() -> None:
            try:
                with self.connect() as client:
                    answer = call(client)
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked
                _tell(loop, answered, lambda failure=error: answered.set_exception(failure))  # type: ignore[misc]
            else:
                _tell(loop, answered, lambda: answered.set_result(answer))

        # Not the loop's own pool: its threads are waited for at the end, and one may hang for as long as the daemon.
        Thread(target=run, name="ask", daemon=True).start()
        return await answered


def session_of(context: str | None, *, read_only: bool = False) -> Session:
    """A session with the daemon of a context: a saved name, a URL, or the one that is meant where none is named.

    Args:
        context: which one.
        read_only: let the daemon refuse every change.

    Raises:
        InvalidInput: it names none.
    """
    from aanad.client import resolve

    address = resolve(context)

    def connect() -> Client:
        from aanad.client import Client

        return Client(address, role="viewer" if read_only else None)

    return Session(address.name or str(address), connect, str(address), read_only=read_only)


def _tell(loop: asyncio.AbstractEventLoop, answered: asyncio.Future[Answer], tell: Callable[[], None]) -> None:
    def unless_done() -> None:
        if not answered.done():
            tell()

    # The console may have ended meanwhile, and nobody waits any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(unless_done)
