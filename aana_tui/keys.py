"""Keys are obeyed one after the other, also where a slow line brings several at once."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual import events
from textual.app import App
from textual.widget import Widget

_LEAVING = frozenset({"enter", "escape"})
"""Keys that may end a line where letters are typed: the next key belongs to what has the focus then."""
_SETTLE_S = 0.2
_ROUNDS = 3
"""A key becomes a message, and that another one."""


class KeysInOrder(App[None]):
    """An application whose bindings are run as their keys arrive.

    Textual hands each key to the widget that has the focus when it arrives, and runs bindings once it has come back
    up. A key that opens a line or a dialog would lose those that came with it: of ``/asr`` the ``s`` would start
    something. Where letters are typed, a widget's own queue keeps the order.
    """

    async def on_event(self, event: events.Event) -> None:
        """Run the binding of a key at once, unless letters are typed."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        line = self.focused
        if not self._is_typing():
            self.app_focus = True
            if await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key):
                if event.key == "enter" and line is not None:
                    # It may open a line, and then the next key belongs there.
                    await _settled(line)
                return
        if event.key in _LEAVING and line is not None and _binds(line, event.key):
            # What was typed before comes first, and what this leads to before the next key.
            await _settled(line)
            await self._check_bindings(event.key)
            await _settled(line)
            return
        await super().on_event(event)

    def _is_typing(self) -> bool:
        focused = self.focused
        return focused is not None and focused.check_consume_key("a", "a")


def _binds(widget: Widget, key: str) -> bool:
    return key in widget._bindings.key_to_bindings  # noqa: SLF001 - there is no public way to ask


async def _settled(line: Widget) -> None:
    """Wait until a line, and what it is a part of, has obeyed what it was sent."""
    parts = [part for part in line.ancestors_with_self if isinstance(part, Widget)]
    # One that is waiting for something itself is not waited for.
    with suppress(TimeoutError):
        async with asyncio.timeout(_SETTLE_S):
            for _ in range(_ROUNDS):
                for part in parts:
                    done = asyncio.Event()
                    part.call_later(done.set)
                    await done.wait()
