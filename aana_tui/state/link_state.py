"""How the link to the daemon is; the banner and the disabled actions read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkPhase(StrEnum):
    """Where the link stands."""

    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"
    """Nobody answers; it is tried again for ever."""
    REFUSED = "refused"
    """The daemon, or its socket, does not let this user in."""
    MISMATCH = "mismatch"
    """The daemon speaks another version than this console."""


@dataclass(frozen=True)
class LinkState:
    """The link now; times are those of `time.monotonic`."""

    phase: LinkPhase = LinkPhase.CONNECTING
    message: str = ""
    hint: str = ""
    since: float = 0.0
    retry_at: float | None = None
    """When it is tried the next time; None while it is being tried."""

    @property
    def is_live(self) -> bool:
        """Whether what is shown is as it is now."""
        return self.phase is LinkPhase.LIVE
