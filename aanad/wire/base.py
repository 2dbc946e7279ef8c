"""The base of all wire models."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class WireModel(BaseModel):
    """Frozen; unknown fields are dropped, so an older client can read a newer daemon."""

    model_config = ConfigDict(frozen=True, extra="ignore")
