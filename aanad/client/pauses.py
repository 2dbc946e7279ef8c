"""How long a client waits before it tries to reach a daemon again."""

from __future__ import annotations

from threading import Event

MIN_PAUSE_S = 0.2
MAX_PAUSE_S = 5.0
SILENCE_LIMIT_S = 25.0
"""The daemon says something each ten seconds on a stream; a link that is silent for so long is given up."""


class Pauses:
    """Pauses that double, until something arrives.

    Args:
        until: ends a pause.
    """

    def __init__(self, until: Event | None = None) -> None:
        self._next_s = MIN_PAUSE_S
        self._until = until or Event()

    def pause(self) -> None:
        """Wait."""
        self._until.wait(self._next_s)
        self._next_s = min(2 * self._next_s, MAX_PAUSE_S)

    def begin_anew(self) -> None:
        """It works again."""
        self._next_s = MIN_PAUSE_S
