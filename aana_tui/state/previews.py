"""What can be said and shown of an answer that is no text; it reads files, so it belongs into a thread."""

from __future__ import annotations

import wave
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

MAX_PIXELS = 100_000_000
Colour = tuple[int, int, int]


def picture(path: Path, columns: int, lines: int) -> tuple[str, list[list[tuple[Colour, Colour]]]]:
    """An image in half blocks: its format and size, and for each line the upper and lower colour of each column.

    Raises:
        ValueError: it is none that can be read, or too large.
    """
    image = opened(path)
    said = f"{image.format or 'image'} {image.width} x {image.height}"
    # A cell is about twice as high as it is wide, so that half of it is a square.
    scale = min(columns / image.width, 2 * lines / image.height, 1.0)
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    try:
        image.draft("RGB", (2 * width, 2 * height))
        small = image.convert("RGBA").resize((width, height))
    except Exception as error:  # a file that breaks off raises whatever its format does
        raise ValueError(f"it cannot be decoded: {error}") from error
    pixels = small.load()
    if pixels is None:
        raise ValueError("it has no pixels")

    def colour(x: int, y: int) -> Colour:
        if y >= height:
            return (0, 0, 0)
        red, green, blue, alpha = pixels[x, y]  # type: ignore[misc]
        return (red * alpha // 255, green * alpha // 255, blue * alpha // 255)

    rows = [[(colour(x, y), colour(x, y + 1)) for x in range(width)] for y in range(0, height, 2)]
    return said, rows


def thumbnail(path: Path, size: int = 1024) -> Image:
    """An image of at most so many pixels in each direction.

    Raises:
        ValueError: it is none that can be read, or too large.
    """
    image = opened(path)
    try:
        image.thumbnail((size, size))
        return image.convert("RGBA")
    except Exception as error:  # a file that breaks off raises whatever its format does
        raise ValueError(f"it cannot be decoded: {error}") from error


def opened(path: Path) -> Image:
    """An image that is not decoded yet.

    Raises:
        ValueError: it is none that can be read, or too large.
    """
    import warnings

    import PIL.Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            image = PIL.Image.open(path)
    except Exception as error:
        raise ValueError("it cannot be read as an image") from error
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"{image.width} x {image.height} pixels are too many")
    return image


def sound(path: Path) -> str:
    """How long a WAV lasts and what it is made of; empty for what is none."""
    with suppress(wave.Error, EOFError, OSError, ZeroDivisionError), wave.open(str(path)) as file:
        seconds = file.getnframes() / file.getframerate()
        channels = file.getnchannels()
        return f"{seconds:.2f} s, {file.getframerate()} Hz, {channels} channel{'' if channels == 1 else 's'}"
    return ""
