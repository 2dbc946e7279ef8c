"""What is wrong with the link, since when, and what cures it; not seen while nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from aana_tui.state.link_state import LinkPhase
from aanad.client import sanitise

if TYPE_CHECKING:
    from aana_tui.state.store import Store


class Banner(Static):
    """One or two lines under the header."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="banner")
        self._shown = ""

    def show(self, store: Store) -> None:
        """Say how the link is, where it is not well."""
        text = _text(store)
        if text != self._shown:
            self._shown = text
            self.display = bool(text)
            self.update(text)


def _text(store: Store) -> str:
    link = store.link
    match link.phase:
        case LinkPhase.LIVE:
            return ""
        case LinkPhase.CONNECTING:
            return "" if store.now() - link.since < 1 else "Connecting…"
        case LinkPhase.LOST:
            text = f"aanad unreachable {_seconds(store.now() - link.since)}"
            if link.retry_at is not None:
                text += f" - retry in {_seconds(max(0.0, link.retry_at - store.now()))} (ctrl+r now)"
            return sanitise(f"{text}: {link.message}")
        case LinkPhase.REFUSED | LinkPhase.MISMATCH:
            return sanitise(f"{link.message} {link.hint}")


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s"
