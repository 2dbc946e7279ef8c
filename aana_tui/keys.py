"""Keys are obeyed one after the other, also where a slow line brings several at once."""

from __future__ import annotations

from textual import events
from textual.app import App


class KeysInOrder(App[None]):
    """An application whose bindings are run as their keys arrive.

    Textual hands each key to the widget that has the focus when it arrives, and runs bindings once it has come back
    up. A key that opens a line or a dialog would lose those that came with it: of ``/asr`` the ``s`` would start
    something. Where letters are typed, a widget's own queue keeps the order.
    """

    async def on_event(self, event: events.Event) -> None:
        """Run the binding of a key at once, unless letters are typed."""
        if isinstance(event, events.Key) and not event.is_forwarded and not self._is_typing():
            self.app_focus = True
            if await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key):
                return
        await super().on_event(event)

    def _is_typing(self) -> bool:
        focused = self.focused
        return focused is not None and focused.check_consume_key("a", "a")
