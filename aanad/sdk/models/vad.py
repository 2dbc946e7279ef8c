"""Voice activity detection: when somebody speaks."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from aanad.sdk.models.base import Model
from aanad.sdk.models.intervals import Seconds, TimeInterval


class VadParams(Model):
    """How speech is told from silence."""

    onset: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Speech begins where its probability rises above this."""
    offset: Annotated[float, Field(ge=0, le=1)] = 0.363
    """Speech ends where its probability falls below this."""
    min_duration_on_s: Seconds = 0.1
    """Speech shorter than this, in seconds, is dropped."""
    min_duration_off_s: Seconds = 0.1
    """Silence shorter than this, in seconds, is filled."""
    chunk_size_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 30.0
    """The longest segment, in seconds."""
    padding_s: Seconds = 0.0
    """Seconds added at both ends of a segment."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.offset > self.onset:
            raise ValueError(f"offset ({self.offset}) must not be above onset ({self.onset})")
        return self


class VadSegment(Model):
    """A time in which somebody speaks."""

    time_interval: TimeInterval
    """When, in seconds."""
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    """How sure that is, from 0 to 1."""
