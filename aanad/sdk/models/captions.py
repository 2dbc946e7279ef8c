"""What is seen in pictures, in words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Caption = Annotated[str, Field(description="What a picture shows.")]
"""The caption of one image."""
CaptionsList = Annotated[list[Caption], Field(description="What each picture shows, in the order of the pictures.")]
"""The captions of several images, one for each, in their order."""
