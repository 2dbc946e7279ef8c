"""`Dtype`: the type of a model's numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch


class Dtype(StrEnum):
    """The type of a model's numbers: it decides on memory, speed and precision."""

    AUTO = "auto"
    """What the model was saved with."""
    FLOAT32 = "float32"
    """4 bytes a number; what a CPU does best."""
    FLOAT16 = "float16"
    """2 bytes a number."""
    BFLOAT16 = "bfloat16"
    """2 bytes a number, with the range of float32; for GPUs from Ampere on."""
    INT8 = "int8"
    """1 byte a number, for quantized models."""

    def to_torch(self) -> torch.dtype | Literal["auto"]:
        """What torch, transformers and diffusers take: a ``torch.dtype``, or "auto" as it is."""
        if self is Dtype.AUTO:
            return "auto"
        import torch

        dtype: torch.dtype = getattr(torch, self.value)
        return dtype
