"""`WhisperParams`: how Whisper transcribes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aanad.sdk.models.base import Model

_Temperature = Annotated[float, Field(ge=0, le=1)]


class WhisperParams(Model):
    """How Whisper transcribes."""

    language: Annotated[str, Field(pattern="^[a-z]{2,3}$")] | None = None
    """The code of the language that is spoken, en or de say; None lets the model find out."""
    task: Literal["transcribe", "translate"] = "transcribe"
    """Write what is said, or its translation into English."""
    beam_size: Annotated[int, Field(ge=1, le=100)] = 5
    """How many candidates are followed."""
    best_of: Annotated[int, Field(ge=1, le=100)] = 5
    """How many candidates are sampled where the temperature is above 0."""
    temperature: _Temperature | Annotated[list[_Temperature], Field(min_length=1)] = 0.0
    """0 always takes the most likely token. A list: the next is taken where one does not work out."""
    word_timestamps: bool = False
    """Whether each word gets its time."""
    vad_filter: bool = True
    """Whether silence is left out first."""
    initial_prompt: str | None = None
    """Text that comes before, with names and words that are likely."""
