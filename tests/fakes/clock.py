"""A clock that only moves when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Starts at noon on the first of January 2026."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.start = datetime(2026, 1, 1, 12, tzinfo=UTC) - timedelta(seconds=self.seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def now(self) -> datetime:
        """The time of day."""
        return self.start + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self.seconds
