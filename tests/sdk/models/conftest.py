from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def png() -> bytes:
    """A picture of 6 x 4 pixels, the left half red."""
    return picture("PNG")


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """The same picture in another format or mode."""
    return picture


def picture(format: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:  # noqa: A002
    image = PIL.Image.new("RGB", (6, 4))
    image.paste((255, 0, 0), (0, 0, 3, 4))
    file = io.BytesIO()
    image.convert(mode).save(file, format, **options)
    return file.getvalue()


@pytest.fixture
def tone() -> np.ndarray[Any, np.dtype[np.float32]]:
    """One second of 440 Hz at 8000 Hz, half as loud as can be."""
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype(np.float32)


@pytest.fixture
def clip() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Two seconds of 10 pictures a second, 64 x 48, which redden evenly under a green band."""
    frames = np.zeros((20, 48, 64, 3), np.uint8)
    frames[:, :, :, 0] = (np.arange(20) * 12)[:, None, None]
    frames[:, :8, :, :] = (0, 255, 0)
    return frames
