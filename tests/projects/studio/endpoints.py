# ruff: noqa: D101, D102 - a project as its author writes it
import asyncio
import io
import shutil
import tempfile
import weakref
from collections.abc import AsyncGenerator
from functools import cache
from pathlib import Path
from typing import Annotated, TypedDict

import numpy as np
import PIL.Image
from pydantic import Field

from aanad.sdk import Endpoint
from aanad.sdk.models import Audio, File, Image, MediaType, PixelArray, Video

Size = Annotated[int, Field(ge=1, le=2048, description="Width and height in pixels.")]


class Captioned(TypedDict):
    caption: str
    image: Image


@cache
def drawing(size: int) -> np.ndarray:
    """Smooth colours with a little noise: neither the best nor the worst that an encoder can meet."""
    ramp = np.linspace(0, 255, size)
    red, green = np.meshgrid(ramp, ramp)
    blue = 255 * np.sin(red / 40) ** 2
    noise = np.random.default_rng(7).normal(0, 4, (size, size, 3))
    return np.clip(np.stack([red, green, blue], axis=2) + noise, 0, 255).astype(np.uint8)


def folder_of(endpoint: Endpoint) -> Path:
    """A temporary folder that goes with the endpoint."""
    folder = tempfile.mkdtemp()
    weakref.finalize(endpoint, shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


class PictureEndpoint(Endpoint):
    async def run(self, size: Size = 64) -> PIL.Image.Image:
        return PIL.Image.fromarray(drawing(size))


class ArrayEndpoint(Endpoint):
    async def run(self, size: Size = 64) -> np.ndarray:
        return drawing(size)


class PixelsEndpoint(Endpoint):
    async def run(self, size: Size = 64) -> PixelArray:
        return drawing(size)


class MaybeEndpoint(Endpoint):
    async def run(self, found: bool = True) -> Image | None:
        return Image(numpy=drawing(16), filename="dog.png") if found else None


class CaptionedEndpoint(Endpoint):
    async def run(self, caption: str) -> Captioned:
        return {"caption": caption, "image": Image(numpy=drawing(8))}


class AudioEndpoint(Endpoint):
    async def run(self, seconds: Annotated[float, Field(gt=0, le=60)] = 0.5) -> Audio:
        times = np.arange(int(16_000 * seconds)) / 16_000
        return Audio(array=0.5 * np.sin(2 * np.pi * 440 * times), rate=16_000)


class VideoEndpoint(Endpoint):
    """Four pictures in Matroska, as a camera may have made them."""

    async def initialize(self) -> None:
        import av

        self.path = folder_of(self) / "clip.mkv"
        with av.open(str(self.path), "w") as container:
            stream = container.add_stream("mpeg4", rate=4)
            stream.width = stream.height = 64
            stream.pix_fmt = "yuv420p"
            for _ in range(4):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(drawing(64), format="rgb24")))
            container.mux(stream.encode())

    async def run(self) -> Video:
        return Video(path=self.path)


class BytesEndpoint(Endpoint):
    async def run(self, text: str = "hello") -> Annotated[bytes, MediaType("audio/mpeg")]:
        return b"ID3" + text.encode()


class PathEndpoint(Endpoint):
    async def initialize(self) -> None:
        self.path = folder_of(self) / "numbers.csv"
        self.path.write_text("".join(f"{number:07d}\n" for number in range(125_000)))

    async def run(self, missing: bool = False) -> Path:
        return self.path.with_name("nowhere.csv") if missing else self.path


class FileEndpoint(Endpoint):
    async def run(self, text: str = "") -> File:
        buffer = io.BytesIO(text.encode())
        return File(buffer.getvalue(), filename="grüße.txt", media_type="text/plain")


class CountEndpoint(Endpoint):
    async def run(
        self, limit: Annotated[int, Field(le=200)], pause_s: float = 0.0, fail_at: int | None = None
    ) -> AsyncGenerator[str, None]:
        for number in range(limit):
            if number == fail_at:
                raise RuntimeError(f"secret: cannot count to {number}")
            yield f"number {number}"
            await asyncio.sleep(pause_s)


class RadioEndpoint(Endpoint):
    async def run(
        self, limit: int = 3, pause_s: float = 0.0, fail_at: int | None = None
    ) -> AsyncGenerator[Annotated[bytes, MediaType("audio/mpeg")], None]:
        for number in range(limit):
            if number == fail_at:
                raise RuntimeError(f"secret: no more music after {number}")
            yield bytes([number]) * 1000
            await asyncio.sleep(pause_s)
