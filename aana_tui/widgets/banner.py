"""What is wrong with the link, since when, and what cures it; not seen while nothing is."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from textual.widgets import Static

from aana_tui.state.link_state import LinkPhase
from aanad.client import sanitise

if TYPE_CHECKING:
    from aana_tui.state.store import Store

SILENT_S = 1.0
"""A first connection that takes no longer is not worth a word."""


class Banner(Static):
    """One or two lines under the header; it is painted at most once a second, and only while the link is not well."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="banner")
        self._shown = ""

    def show(self, store: Store, retry_key: str = "ctrl+r", context_key: str = "@") -> None:
        """Say how the link is, where it is not well."""
        text = sanitise(banner_text(store, retry_key, context_key))
        if text != self._shown:
            self._shown = text
            self.display = bool(text)
            self.set_class(store.link.phase is LinkPhase.CONNECTING, "-busy")
            self.update(text)


def banner_text(store: Store, retry_key: str, context_key: str) -> str:
    """What is said; seconds are counted by one tick, so that two of them do not change at two times."""
    link, now = store.link, floor(store.now())
    ways = f"{retry_key} tries now, {context_key} looks at another daemon"
    match link.phase:
        case LinkPhase.LIVE:
            return ""
        case LinkPhase.CONNECTING:
            return "" if store.now() - link.since < SILENT_S else "◌ Connecting…"
        case LinkPhase.LOST:
            for_s = now - floor(link.since)
            text = f"✖ aanad unreachable {_seconds(for_s)}"
            if store.is_known:
                # What was true when the link was lost may have been older than that.
                text += f", values {_seconds(max(for_s, now - floor(store.now() - store.age_s)))} old"
            if link.retry_at is not None:
                text += f" - retry in {_seconds(max(0, ceil(link.retry_at) - now))}"
            return f"{text} ({retry_key} now). {link.message} {link.hint}"
        case LinkPhase.REFUSED:
            return f"✖ Access refused: {link.message} {link.hint} ({ways})"
        case LinkPhase.MISMATCH:
            return f"✖ Wrong version: {link.message} {link.hint} ({ways})"


def _seconds(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min" if seconds < 7200 else f"{seconds // 3600:.0f} h"  # noqa: PLR2004 - two hours
