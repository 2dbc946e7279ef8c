"""Parameters of media and bytes: in JSON as base64 or URLs, in a form as files."""

# ruff: noqa: D101 - classes as their authors write them
from __future__ import annotations

import base64
import io
import json
from typing import Annotated, Any, TypedDict
from unittest.mock import ANY

import av
import numpy as np
import PIL.Image
from pydantic import Field

from aanad.sdk.models import Audio, File, Image, Media, Video
from tests.serving.signature_table.row import MediaParameter


def _png() -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (3, 2), "red").save(buffer, "PNG")
    return buffer.getvalue()


def _mp4() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=4)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


PNG, WAV, MP4 = _png(), Audio(array=np.zeros(160, np.float32), rate=16_000).read(), _mp4()
TEXT = b"hello"
NO_URL = "Media by URL is not allowed here; send the file itself"
NO_PATH = "Files on the server are not allowed here; send the file itself"
NO_BASE64 = "The content is not valid base64"
NO_SUCH_URL = 'A string must be an http, https or data URL; base64 is sent as {"content": …}'
ONE_SOURCE = "Give exactly one of url, path and content; got"
AS = "as a URL or as an object with one of url, path and content"
SOUNDS, MOVING = "audio/* or video/* or application/ogg", "video/* or image/gif or application/ogg"
INVALID, NOT_TAKEN = "invalid_request", "media_type_not_accepted"
TWICE = "The form has 'value' more than once, and it takes one value."
MISFIT = "The request does not fit endpoint row: value:"


class Photograph(TypedDict):
    caption: str
    image: Image


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def as_content(content: bytes, **names: str) -> str:
    """Media as a JSON object."""
    return json.dumps({"content": b64(content), **names})


def as_data_url(content: bytes, media_type: str) -> str:
    """Media as a JSON string."""
    return json.dumps(f"data:{media_type};base64,{b64(content)}")


def shown(value: Any) -> Any:
    """Media by what they hold; the rest as it is."""
    match value:
        case Media():
            return type(value).__name__, value.media_type, value.filename, value.read()
        case list():
            return [shown(each) for each in value]
        case dict():
            return {name: shown(each) for name, each in value.items()}
    return value


STRING, NULL = {"type": "string"}, {"type": "null"}
URL = {"type": "string", "pattern": ANY, "description": "An http, https or data URL."}
BASE64 = {"type": "string", "contentEncoding": "base64", "pattern": ANY}
FILE = {"type": "string", "format": "binary"}
FILES = {"type": "array", "items": FILE}


def schema_of(kind: str, media_type: str) -> dict[str, Any]:
    """Of media in JSON."""
    return {
        "title": kind,
        "description": f"{kind}: a URL, or an object with exactly one of url, path and content; or a file of the form.",
        "anyOf": [
            {
                "type": "object",
                "properties": {
                    "url": URL,
                    "path": STRING | {"description": "A file on the server, where its settings allow it."},
                    "content": BASE64 | {"description": "The bytes in base64."},
                    "media_type": STRING | {"description": "The media type.", "examples": [media_type]},
                    "filename": STRING | {"description": "The file's name."},
                    "media_id": STRING | {"description": "The caller's own name for it."},
                },
                "oneOf": [{"required": ["url"]}, {"required": ["path"]}, {"required": ["content"]}],
                "additionalProperties": False,
            },
            URL,
        ],
    }


IMAGE = schema_of("Image", "image/png")
ROWS = [
    MediaParameter(
        "Image",
        Image,
        IMAGE,
        form=FILE | {"title": "Image", "description": IMAGE["description"]},
        accepts=[
            (as_content(PNG), ("Image", "image/png", None, PNG)),
            (as_content(PNG, filename="../a/dog.png", media_id="1"), ("Image", "image/png", "dog.png", PNG)),
            (as_data_url(PNG, "image/png"), ("Image", "image/png", None, PNG)),
            (json.dumps({"url": f"data:;base64,{b64(PNG)}"}), ("Image", "image/png", None, PNG)),
        ],
        refuses=[
            ('"http://box/a.png"', "", NO_URL, "url_not_allowed"),
            ('{"url": "https://box/a.png"}', "", NO_URL, "url_not_allowed"),
            ('{"path": "/etc/passwd"}', "", NO_PATH, "path_not_allowed"),
            ('{"content": "no-base64"}', "", NO_BASE64),
            ('{"content": "aGVsbG8"}', "", NO_BASE64),
            ('"data:image/png;base64,?"', "", NO_BASE64),
            ('"data:image/png"', "", "The data URL has no comma before its data"),
            ('"dog.png"', "", NO_SUCH_URL),
            ('"ftp://box/a.png"', "", NO_SUCH_URL),
            ('{"content": "", "colour": "red"}', "", "Image has no field 'colour'"),
            ('{"content": "", "url": "data:,"}', "", f"{ONE_SOURCE} url and content"),
            ("{}", "", f"{ONE_SOURCE} none"),
            ('{"content": 5}', "", "The field content must be a string"),
            ('{"upload": 0}', "", "The form has no such file"),
            (as_content(MP4), "", "The image is no picture that can be read"),
            ("null", "", f"Give an image {AS}"),
            ("[1]", "", f"Give an image {AS}"),
        ],
        uploads=[
            ([("dog.png", PNG, "image/png")], ("Image", "image/png", "dog.png", PNG)),
            ([("dog", PNG, "application/octet-stream")], ("Image", "image/png", "dog", PNG)),
        ],
        wrong_uploads=[
            ([("a.txt", TEXT, "text/plain")], 415, NOT_TAKEN, "value: text/plain is not taken."),
            (
                [("a.mp4", MP4, "image/png")],
                422,
                INVALID,
                f"{MISFIT} The image 'a.mp4' is no picture that can be read.",
            ),
            ([("a.png", PNG, "image/png")] * 2, 422, INVALID, TWICE),
        ],
    ),
    MediaParameter(
        "Image | None",
        Image | None,
        {"title": "Value", "anyOf": [IMAGE, NULL]},
        form=FILE | {"title": "Value"},
        accepts=[("null", None), (as_content(PNG), ("Image", "image/png", None, PNG))],
        refuses=[('{"content": "?"}', "", NO_BASE64), ("5", "", f"Give an image {AS}")],
        uploads=[([("dog.png", PNG, "image/png")], ("Image", "image/png", "dog.png", PNG))],
        wrong_uploads=[([("a.wav", WAV, "audio/wav")], 415, NOT_TAKEN, "value: audio/wav is not taken.")],
    ),
    MediaParameter(
        "Annotated[Image, …]",
        Annotated[Image, Field(description="The dog.", title="Dog")],
        IMAGE | {"title": "Dog", "description": "The dog."},
        form=FILE | {"title": "Dog", "description": "The dog."},
        accepts=[(as_content(PNG), ("Image", "image/png", None, PNG))],
        uploads=[([("dog.png", PNG, "image/png")], ("Image", "image/png", "dog.png", PNG))],
    ),
    MediaParameter(
        "list[Image]",
        list[Image],
        {"title": "Value", "type": "array", "items": IMAGE},
        form=FILES | {"title": "Value"},
        accepts=[
            ("[]", []),
            (f"[{as_content(PNG)}, {as_data_url(PNG, 'image/png')}]", [("Image", "image/png", None, PNG)] * 2),
        ],
        refuses=[
            (f'[{as_content(PNG)}, {{"content": "?"}}]', ".1", NO_BASE64),
            (as_content(PNG), "", "must be a list, not an object"),
        ],
        uploads=[
            ([("dog.png", PNG, "image/png")], [("Image", "image/png", "dog.png", PNG)]),
            ([("dog.png", PNG, "image/png")] * 2, [("Image", "image/png", "dog.png", PNG)] * 2),
        ],
        wrong_uploads=[
            (
                [("dog.png", PNG, "image/png"), ("a.txt", TEXT, "text/plain")],
                415,
                NOT_TAKEN,
                "value: text/plain is not taken.",
            )
        ],
    ),
    MediaParameter(
        "Audio",
        Audio,
        schema_of("Audio", "audio/wav"),
        form=FILE | {"title": "Audio", "description": schema_of("Audio", "")["description"]},
        accepts=[
            (as_content(WAV), ("Audio", ANY, None, WAV)),
            (as_data_url(WAV, "audio/wav"), ("Audio", ANY, None, WAV)),
        ],
        refuses=[
            (as_content(PNG), "", f"The audio is image/png, where {SOUNDS} is expected"),
            ("1", "", f"Give audio {AS}"),
        ],
        uploads=[([("a.wav", WAV, "audio/wav")], ("Audio", "audio/wav", "a.wav", WAV))],
        wrong_uploads=[([("a.png", PNG, "image/png")], 415, NOT_TAKEN, "value: image/png is not taken.")],
    ),
    MediaParameter(
        "Video",
        Video,
        schema_of("Video", "video/mp4"),
        form=FILE | {"title": "Video", "description": schema_of("Video", "")["description"]},
        accepts=[(as_content(MP4), ("Video", "video/mp4", None, MP4))],
        refuses=[
            (as_content(PNG), "", f"The video is image/png, where {MOVING} is expected"),
            ("true", "", f"Give a video {AS}"),
        ],
        uploads=[([("a.mp4", MP4, "video/mp4")], ("Video", "video/mp4", "a.mp4", MP4))],
        wrong_uploads=[([("a.wav", WAV, "audio/wav")], 415, NOT_TAKEN, "value: audio/wav is not taken.")],
    ),
    MediaParameter(
        "File takes whatever it is",
        File,
        schema_of("File", "application/octet-stream"),
        form=FILE | {"title": "File", "description": schema_of("File", "")["description"]},
        accepts=[
            (as_content(TEXT), ("File", "application/octet-stream", None, TEXT)),
            (as_content(TEXT, filename="a.txt"), ("File", "text/plain", "a.txt", TEXT)),
            (as_content(b"", media_type="text/csv"), ("File", "text/csv", None, b"")),
            ('"data:text/plain,hello"', ("File", "text/plain", None, TEXT)),
        ],
        refuses=[('"hello"', "", NO_SUCH_URL)],
        uploads=[
            ([("a.txt", TEXT, "text/plain")], ("File", "text/plain", "a.txt", TEXT)),
            ([("a.png", PNG, "application/octet-stream")], ("File", "image/png", "a.png", PNG)),
        ],
        wrong_uploads=[([("a", b"", None), ("b", b"", None)], 422, INVALID, TWICE)],
    ),
    MediaParameter(
        "bytes",
        bytes,
        BASE64 | {"title": "Value"},
        form=FILE | {"title": "Value"},
        accepts=[(f'"{b64(TEXT)}"', TEXT), ('""', b""), ('"_-8="', b"\xff\xef")],
        refuses=[
            ('"hello"', "", "must be base64"),
            ("[104]", "", "must be a string, not a list"),
            (as_content(TEXT), "", "must be a string, not an object"),
            ("null", "", "must be a string, not null"),
        ],
        uploads=[([("a.txt", TEXT, "text/plain")], TEXT)],
        wrong_uploads=[([("a.txt", TEXT, "text/plain")] * 2, 422, INVALID, TWICE)],
    ),
    MediaParameter(
        "bytes of some length",
        Annotated[bytes, Field(min_length=2, max_length=4)],
        BASE64 | {"title": "Value", "minLength": 4, "maxLength": 8},
        form=FILE | {"title": "Value"},
        accepts=[('"aGVs"', b"hel")],
        refuses=[('"aA=="', "", "must have at least 2 bytes"), ('"aGVsbG8="', "", "must have at most 4 bytes")],
        uploads=[([("a.txt", b"hell", "text/plain")], b"hell")],
        wrong_uploads=[([("a.txt", TEXT, "text/plain")], 422, INVALID, f"{MISFIT} must have at most 4 bytes.")],
    ),
    MediaParameter(
        "list[bytes]",
        list[bytes],
        {"title": "Value", "type": "array", "items": BASE64},
        form=FILES | {"title": "Value"},
        accepts=[('["aGVs"]', [b"hel"])],
        refuses=[('["?"]', ".0", "must be base64")],
        uploads=[([("a", b"a", None), ("b", b"b", None)], [b"a", b"b"])],
    ),
    MediaParameter(
        "a TypedDict with an Image",
        Photograph,
        {"$ref": "#/$defs/Photograph"},
        defs={
            "Photograph": {
                "title": "Photograph",
                "type": "object",
                "properties": {"caption": {"title": "Caption", "type": "string"}, "image": IMAGE},
                "required": ["caption", "image"],
                "additionalProperties": False,
            }
        },
        accepts=[
            (
                f'{{"caption": "a dog", "image": {as_content(PNG)}}}',
                {"caption": "a dog", "image": ("Image", "image/png", None, PNG)},
            )
        ],
        refuses=[
            ('{"caption": "a dog"}', ".image", "is required"),
            ('{"caption": "a dog", "image": {"content": "?"}}', ".image", NO_BASE64),
        ],
        wrong_uploads=[
            (
                [("a.png", PNG, "image/png")],
                422,
                "unexpected_file",
                "The form has a file 'value', and this endpoint takes none.",
            )
        ],
    ),
]
