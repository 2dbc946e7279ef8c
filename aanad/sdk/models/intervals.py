"""`TimeInterval`: from when to when."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from aanad.sdk.models.base import Model

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A time in seconds from the beginning of a recording."""


class TimeInterval(Model):
    """A part of a recording."""

    start: Seconds
    """Seconds from its beginning."""
    end: Seconds
    """Seconds from its beginning, not before start."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end ({self.end} s) must not be before start ({self.start} s)")
        return self

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return self.end - self.start

    def shifted(self, seconds: float) -> TimeInterval:
        """The same, so much later: of a chunk's time makes that of the whole recording."""
        return TimeInterval(start=self.start + seconds, end=self.end + seconds)

    def overlaps(self, other: TimeInterval) -> bool:
        """Whether they have some time in common."""
        return self.start < other.end and other.start < self.end

    def joined(self, other: TimeInterval) -> TimeInterval:
        """The shortest interval that holds both."""
        return TimeInterval(start=min(self.start, other.start), end=max(self.end, other.end))
