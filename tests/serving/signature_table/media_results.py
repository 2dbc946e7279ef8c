"""Results of media and bytes: the media types that OpenAPI names, and what a client gets for what it accepts."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import PIL.Image

from aanad.sdk.models import Audio, File, Image, MediaType, PixelArray, Video
from tests.serving.signature_table.media import MP4, PNG, TEXT, WAV, Photograph, b64
from tests.serving.signature_table.row import MediaResult

JSON, OCTETS = "application/json", "application/octet-stream"
IMAGES = ["image/png", "image/jpeg", "image/webp", JSON]
PIXELS = np.full((2, 3, 3), 7, np.uint8)
HERE = Path(__file__)


def decoded(media_type: str, body: bytes) -> Any:
    """What a body shows: format and size of a picture, rate and length of a sound, the bytes of anything else."""
    if media_type.startswith("image/") and body:
        with PIL.Image.open(io.BytesIO(body)) as picture:
            return picture.format, picture.size
    if media_type.startswith("audio/") and body != b"ID3":
        sound = Audio(body)
        return sound.rate, round(sound.duration_s, 3)
    return body


def media_schema(kind: str, example: str) -> dict[str, Any]:
    """Of media in an answer in JSON."""
    return {
        "title": kind,
        "description": f"{kind}: its media type and its bytes.",
        "type": "object",
        "properties": {
            "media_type": {"type": "string", "description": "The media type.", "examples": [example]},
            "filename": {"type": "string", "description": "The file's name."},
            "content": {"type": "string", "contentEncoding": "base64", "description": "The bytes in base64."},
        },
        "required": ["media_type", "content"],
        "additionalProperties": False,
    }


IMAGE, FILE = media_schema("Image", "image/png"), media_schema("File", OCTETS)
AS_FILE = [OCTETS, JSON, "*/*"]


def json_of(media_type: str, content: bytes) -> bytes:
    """Media that have no name, as JSON."""
    return f'{{"media_type":"{media_type}","content":"{b64(content)}"}}'.encode()


ROWS = [
    MediaResult(
        "Image",
        Image,
        IMAGE,
        IMAGES,
        Image(PNG),
        answers={
            "*/*": ("image/png", ("PNG", (3, 2))),
            "image/jpeg": ("image/jpeg", ("JPEG", (3, 2))),
            "text/html, image/webp;q=0.5": ("image/webp", ("WEBP", (3, 2))),
            JSON: (JSON, json_of("image/png", PNG)),
            "text/html": (406, ""),
        },
        wrong=[5, "https://box/a.png"],
    ),
    MediaResult(
        "PIL.Image.Image",
        PIL.Image.Image,
        IMAGE,
        IMAGES,
        PIL.Image.new("RGB", (3, 2)),
        answers={"*/*": ("image/png", ("PNG", (3, 2))), "image/*": ("image/png", ("PNG", (3, 2)))},
        wrong=[[[0]]],
    ),
    MediaResult(
        "numpy.ndarray is an image, not numbers",
        np.ndarray,
        IMAGE,
        IMAGES,
        PIXELS,
        answers={"*/*": ("image/png", ("PNG", (3, 2))), "image/webp": ("image/webp", ("WEBP", (3, 2)))},
        wrong=[PIXELS.astype(float), np.zeros((2, 3, 5), np.uint8)],
    ),
    MediaResult(
        "Image with another format first",
        Annotated[Image, MediaType("image/webp")],
        IMAGE,
        ["image/webp", "image/png", "image/jpeg", JSON],
        PIXELS,
        answers={"*/*": ("image/webp", ("WEBP", (3, 2))), "image/png": ("image/png", ("PNG", (3, 2)))},
    ),
    MediaResult(
        "Image | None that is there",
        Image | None,
        IMAGE,
        IMAGES,
        Image(PNG),
        answers={"*/*": ("image/png", ("PNG", (3, 2)))},
        may_be_empty=True,
    ),
    MediaResult(
        "Image | None that is not",
        Image | None,
        IMAGE,
        IMAGES,
        None,
        answers={"*/*": (204, b""), JSON: (204, b""), "text/html": (406, "")},
        may_be_empty=True,
    ),
    MediaResult(
        "Audio",
        Audio,
        media_schema("Audio", "audio/wav"),
        ["audio/wav", "audio/flac", JSON],
        Audio(WAV),
        answers={
            "*/*": ("audio/wav", (16_000, 0.01)),
            "audio/flac": ("audio/flac", (16_000, 0.01)),
            JSON: (JSON, json_of("audio/wav", WAV)),
            "image/png": (406, ""),
        },
        wrong=[PIXELS, None],
    ),
    MediaResult(
        "Video",
        Video,
        media_schema("Video", "video/mp4"),
        ["video/mp4", JSON, "*/*"],
        Video(MP4),
        answers={"*/*": ("video/mp4", MP4), JSON: (JSON, json_of("video/mp4", MP4)), "image/png": (406, "")},
        wrong=[b"no video"],
    ),
    MediaResult(
        "File",
        File,
        FILE,
        AS_FILE,
        File(TEXT, filename="a.txt"),
        answers={
            "*/*": ("text/plain", TEXT),
            "text/*": ("text/plain", TEXT),
            JSON: (JSON, f'{{"media_type":"text/plain","filename":"a.txt","content":"{b64(TEXT)}"}}'.encode()),
            "image/png": (406, ""),
        },
        wrong=["a.txt", 1],
    ),
    MediaResult(
        "Path",
        Path,
        FILE,
        AS_FILE,
        HERE,
        answers={
            "*/*": ("text/x-python", HERE.read_bytes()),
            JSON: (JSON, json_of("text/x-python", HERE.read_bytes())),
        },
        wrong=[HERE.with_name("nowhere.txt"), HERE.parent],
    ),
    MediaResult(
        "bytes that show nothing",
        bytes,
        FILE,
        AS_FILE,
        TEXT,
        answers={"*/*": (OCTETS, TEXT), JSON: (JSON, json_of(OCTETS, TEXT)), "image/png": (406, "")},
        wrong=["hello", None],
    ),
    MediaResult(
        "bytes that show what they are",
        bytes,
        FILE,
        AS_FILE,
        PNG,
        answers={"*/*": ("image/png", ("PNG", (3, 2))), "image/png": ("image/png", ("PNG", (3, 2)))},
    ),
    MediaResult(
        "bytes with a media type",
        Annotated[bytes, MediaType("audio/mpeg")],
        FILE,
        ["audio/mpeg", JSON],
        b"ID3",
        answers={"*/*": ("audio/mpeg", b"ID3"), JSON: (JSON, json_of("audio/mpeg", b"ID3")), "audio/wav": (406, "")},
        wrong=["ID3"],
    ),
    MediaResult(
        "PixelArray",
        PixelArray,
        {
            "title": "PixelArray",
            "description": "Pixels of an image: rows of columns of red, green and blue, from 0 to 255.",
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "array",
                    "minItems": 3,
                    "maxItems": 3,
                    "items": {"type": "integer", "minimum": 0, "maximum": 255},
                },
            },
        },
        [JSON],
        PIXELS,
        answers={"*/*": (JSON, b"[[[7,7,7],[7,7,7],[7,7,7]],[[7,7,7],[7,7,7],[7,7,7]]]"), "image/png": (406, "")},
        wrong=[[1], PIXELS.astype(float)],
    ),
    MediaResult(
        "a TypedDict with an Image",
        Photograph,
        {
            "title": "Photograph",
            "type": "object",
            "properties": {"caption": {"title": "Caption", "type": "string"}, "image": IMAGE},
            "required": ["caption", "image"],
            "additionalProperties": False,
        },
        [JSON],
        {"caption": "a dog", "image": Image(PNG)},
        answers={
            "*/*": (JSON, b'{"caption":"a dog","image":%b}' % json_of("image/png", PNG)),
            "image/png": (406, ""),
        },
        wrong=[{"caption": "a dog"}, {"caption": "a dog", "image": 1}],
    ),
    MediaResult(
        "list[Image]",
        list[Image],
        {"type": "array", "items": IMAGE},
        [JSON],
        [Image(PNG), PIXELS],
        answers={"image/png": (406, "")},
        wrong=[[None]],
    ),
    MediaResult(
        "bytes inside of JSON",
        dict[str, bytes],
        {"type": "object", "additionalProperties": {"type": "string", "contentEncoding": "base64"}},
        [JSON],
        {"a": TEXT},
        answers={"*/*": (JSON, f'{{"a":"{b64(TEXT)}"}}'.encode())},
    ),
    MediaResult(
        "a stream of bytes",
        AsyncGenerator[bytes, None],
        None,
        [OCTETS],
        [b"a", b"", b"bc"],
        answers={"*/*": (OCTETS, b"abc"), OCTETS: (OCTETS, b"abc"), "image/png": (406, ""), JSON: (406, "")},
        wrong=[["text"]],
        is_stream=True,
    ),
    MediaResult(
        "a stream of bytes with a media type",
        AsyncGenerator[Annotated[bytes, MediaType("audio/mpeg")], None],
        None,
        ["audio/mpeg"],
        [b"I", b"D3"],
        answers={"*/*": ("audio/mpeg", b"ID3"), OCTETS: (406, "")},
        is_stream=True,
    ),
    MediaResult(
        "a stream of images",
        AsyncGenerator[Image, None],
        IMAGE,
        ["application/x-ndjson", "text/event-stream"],
        [Image(PNG)],
        answers={
            "*/*": ("application/x-ndjson", json_of("image/png", PNG) + b"\n"),
            "text/event-stream": (
                "text/event-stream",
                b"id: 1\ndata: %b\n\nevent: end\ndata: {}\n\n" % json_of("image/png", PNG),
            ),
            "image/png": (406, ""),
        },
        wrong=[[1]],
        is_stream=True,
    ),
]
