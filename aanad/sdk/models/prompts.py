"""What a model is asked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Prompt = Annotated[str, Field(description="What the model shall go on from, or make.")]
"""Text for a model: ``prompt: Prompt``."""
Question = Annotated[str, Field(description="What the model is asked.")]
"""A question: ``question: Question``."""
