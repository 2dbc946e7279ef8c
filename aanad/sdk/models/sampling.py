"""`SamplingParams`: how a language model picks its next token."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aanad.sdk.models.base import Model


class SamplingParams(Model):
    """How a language model picks its next token; what is None is left to the model."""

    temperature: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    """0 always takes the most likely token; the higher, the more chance."""
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    """Only the most likely tokens whose probabilities add up to this are candidates."""
    top_k: Annotated[int, Field(ge=1)] | None = None
    """Only so many of the most likely tokens are candidates."""
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    """The most tokens that are made."""
    repetition_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    """Above 1, tokens that are there already become less likely."""
    stop: list[Annotated[str, Field(min_length=1)]] | None = None
    """Texts that end the answer, which does not contain them."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    """The same seed gives the same answer, as far as the model can."""

    def given(self) -> dict[str, object]:
        """Only what is not None, as keyword arguments."""
        return self.model_dump(exclude_none=True)
