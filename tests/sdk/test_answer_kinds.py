"""What an endpoint answers, by the annotation of its result."""

# ruff: noqa: ARG001, D101 - endpoints as their authors write them
from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Optional, TypedDict

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.PngImagePlugin
import pytest
from pydantic import Field, PlainSerializer

from aanad.errors import InvalidSignature
from aanad.sdk.answer_kinds import AnswerKind
from aanad.sdk.models import Audio, File, Image, MediaType, PixelArray, Video
from aanad.sdk.signature import Signature

IMAGE = ("image/png", "image/jpeg", "image/webp", "application/json")
AUDIO = ("audio/wav", "audio/flac", "application/json")
BYTES = ("application/octet-stream", "application/json")
MP3 = MediaType("audio/mpeg")


class Captioned(TypedDict):
    caption: str
    image: Image


class Portrait(Image):
    """An author's own kind of image."""


def returning(annotation: Any) -> Signature:
    async def run(self): ...

    run.__annotations__ = {"return": annotation}
    return Signature("e", run)


def yielding(annotation: Any) -> Signature:
    async def run(self):
        yield 1

    run.__annotations__ = {"return": annotation}
    return Signature("e", run)


KINDS = [
    # annotation, kind, media types, whether None is a result, whether the type shows with the result
    pytest.param(str, "json", ("application/json",), False, False, id="str"),
    pytest.param(None, "json", ("application/json",), False, False, id="None"),
    pytest.param(str | None, "json", ("application/json",), False, False, id="optional JSON is null"),
    pytest.param(list[list[int]], "json", ("application/json",), False, False, id="numbers"),
    pytest.param(PixelArray, "json", ("application/json",), False, False, id="PixelArray"),
    pytest.param(list[Image], "json", ("application/json",), False, False, id="a list of images"),
    pytest.param(Captioned, "json", ("application/json",), False, False, id="an image inside"),
    pytest.param(Image | Captioned, "json", ("application/json",), False, False, id="an image or a TypedDict"),
    pytest.param(Image, "image", IMAGE, False, False, id="Image"),
    pytest.param(Portrait, "image", IMAGE, False, False, id="a subclass of Image"),
    pytest.param(PIL.Image.Image, "image", IMAGE, False, False, id="PIL"),
    pytest.param(PIL.PngImagePlugin.PngImageFile, "image", IMAGE, False, False, id="a subclass of PIL's"),
    pytest.param(np.ndarray, "image", IMAGE, False, False, id="numpy"),
    pytest.param(npt.NDArray[np.uint8], "image", IMAGE, False, False, id="NDArray"),
    pytest.param(Image | None, "image", IMAGE, True, False, id="Image or None"),
    pytest.param(Optional[np.ndarray], "image", IMAGE, True, False, id="Optional array"),  # noqa: UP045
    pytest.param(Annotated[Image, Field(description="A dog.")], "image", IMAGE, False, False, id="described"),
    pytest.param(
        Annotated[Image, MediaType("image/webp")],
        "image",
        ("image/webp", "image/png", "image/jpeg", "application/json"),
        False,
        False,
        id="WebP by default",
    ),
    pytest.param(Audio, "audio", AUDIO, False, False, id="Audio"),
    pytest.param(Video, "video", ("video/mp4", "application/json"), False, True, id="Video"),
    pytest.param(bytes, "bytes", BYTES, False, True, id="bytes"),
    pytest.param(bytes | None, "bytes", BYTES, True, True, id="bytes or None"),
    pytest.param(Annotated[bytes, MP3], "bytes", ("audio/mpeg", "application/json"), False, False, id="typed bytes"),
    pytest.param(
        Annotated[bytes, MP3] | None, "bytes", ("audio/mpeg", "application/json"), True, False, id="typed or None"
    ),
    pytest.param(
        Annotated[bytes | None, MP3], "bytes", ("audio/mpeg", "application/json"), True, False, id="typed, outside"
    ),
    pytest.param(File, "file", BYTES, False, True, id="File"),
    pytest.param(Path, "file", BYTES, False, True, id="Path"),
    pytest.param(PurePosixPath, "file", BYTES, False, True, id="a pure path"),
    pytest.param(
        Annotated[Path, MediaType("text/csv")], "file", ("text/csv", "application/json"), False, False, id="typed path"
    ),
]


@pytest.mark.parametrize(("annotation", "kind", "media_types", "may_be_empty", "is_open"), KINDS)
def test_the_annotation_says_what_is_answered(
    annotation: Any, kind: str, media_types: tuple[str, ...], may_be_empty: bool, is_open: bool
) -> None:
    """One table for authors: annotation, kind, media types."""
    answer = returning(annotation).answer

    assert (answer.kind, answer.media_types) == (AnswerKind(kind), media_types)
    assert (answer.may_be_empty, answer.is_open) == (may_be_empty, is_open)


STREAMS = [
    pytest.param(AsyncGenerator[int, None], "stream", ("application/x-ndjson", "text/event-stream"), id="numbers"),
    pytest.param(AsyncIterator[Image], "stream", ("application/x-ndjson", "text/event-stream"), id="images in JSON"),
    pytest.param(AsyncGenerator[bytes, None], "byte stream", ("application/octet-stream",), id="bytes"),
    pytest.param(Generator[bytearray, None, None], "byte stream", ("application/octet-stream",), id="bytearrays"),
    pytest.param(AsyncGenerator[Annotated[bytes, MP3], None], "byte stream", ("audio/mpeg",), id="typed chunks"),
    pytest.param(Annotated[AsyncGenerator[bytes, None], MP3], "byte stream", ("audio/mpeg",), id="a typed stream"),
]


@pytest.mark.parametrize(("annotation", "kind", "media_types"), STREAMS)
def test_a_generator_streams_values_or_bytes(annotation: Any, kind: str, media_types: tuple[str, ...]) -> None:
    """By the type of one chunk."""
    answer = yielding(annotation).answer

    assert (answer.kind, answer.media_types) == (AnswerKind(kind), media_types)


@pytest.mark.parametrize("annotation", [Image, np.ndarray, PIL.Image.Image, Audio, Video, bytes, File, Path])
def test_every_binary_answer_has_a_form_in_json(annotation: Any) -> None:
    """An object with a media type and base64, which the schema describes."""
    schema = returning(annotation).response_schema()

    assert schema["properties"]["content"]["contentEncoding"] == "base64"
    assert schema["required"] == ["media_type", "content"]


@pytest.mark.parametrize(
    ("annotation", "has_media"), [(Captioned, True), (PixelArray, True), (list[Image], True), (dict[str, int], False)]
)
def test_media_inside_json_are_known(annotation: Any, has_media: bool) -> None:
    """They take their time to be written, which must not hold up other requests."""
    assert returning(annotation).has_media is has_media


@pytest.mark.parametrize(
    "make",
    [
        lambda: MediaType("mp3"),
        lambda: MediaType("Audio/MPEG"),
        lambda: MediaType("audio/mpeg\r\nx-evil: 1"),
        lambda: returning(Annotated[Image, MediaType("audio/mpeg")]),
        lambda: returning(Annotated[Audio, MediaType("audio/mpeg")]),
    ],
)
def test_a_media_type_that_cannot_be_is_refused(make: Callable[[], Any]) -> None:
    """When the project is read, with what to write instead."""
    with pytest.raises(InvalidSignature) as caught:
        make()

    assert caught.value.code == "invalid_media_type"
    assert caught.value.hint


def test_an_author_s_own_serialiser_keeps_json() -> None:
    """An array that says how it becomes JSON is no image."""
    rounded = Annotated[Any, PlainSerializer(lambda array: array.round().tolist())]

    assert returning(rounded).answer.kind is AnswerKind.JSON


def test_a_project_without_pictures_imports_no_picture_library() -> None:
    """Neither PIL, numpy nor PyAV is there before it is needed."""
    import subprocess

    program = (
        "import sys; from aanad.sdk import Endpoint; from aanad.sdk.signature import Signature\n"
        "class E(Endpoint):\n    async def run(self, text: str) -> str: return text\n"
        "Signature('e', E.run); print(sorted({'PIL', 'numpy', 'av', 'torch'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "[]"
