"""From the annotation of a result to the kind of answer that clients get: JSON, an image, a file, a stream."""

from __future__ import annotations

import base64
import enum
import types
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import GetPydanticSchema, PlainSerializer, WithJsonSchema, WrapSerializer

from aanad.errors import InvalidSignature
from aanad.sdk.models.media_type import MediaType
from aanad.sdk.unsupported_types import type_name

if TYPE_CHECKING:
    from aanad.sdk.models import Media

ASYNC_STREAMS = (AsyncGenerator, AsyncIterable, AsyncIterator)
STREAMS = (*ASYNC_STREAMS, Generator, Iterable, Iterator)

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
OCTET_STREAM = "application/octet-stream"


class AnswerKind(enum.Enum):
    """How a result is sent."""

    JSON = "json"
    STREAM = "stream"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    BYTES = "bytes"
    BYTE_STREAM = "byte stream"
    FILE = "file"


FORMATS: dict[AnswerKind, tuple[str, ...]] = {
    AnswerKind.JSON: (JSON,),
    AnswerKind.STREAM: (NDJSON, EVENT_STREAM),
    AnswerKind.IMAGE: ("image/png", "image/jpeg", "image/webp"),
    AnswerKind.AUDIO: ("audio/wav", "audio/flac"),
    AnswerKind.VIDEO: ("video/mp4",),
    AnswerKind.BYTES: (OCTET_STREAM,),
    AnswerKind.BYTE_STREAM: (OCTET_STREAM,),
    AnswerKind.FILE: (OCTET_STREAM,),
}
"""The media types of each kind, the default first."""
ENCODED = frozenset({AnswerKind.IMAGE, AnswerKind.AUDIO})
"""Kinds that are encoded as the client wants them; the others go out as they are."""
_AS_IT_IS = frozenset({AnswerKind.VIDEO, AnswerKind.BYTES, AnswerKind.FILE})

_BY_CLASS = {
    ("aanad.sdk.models.image", "Image"): AnswerKind.IMAGE,
    ("PIL.Image", "Image"): AnswerKind.IMAGE,
    ("numpy", "ndarray"): AnswerKind.IMAGE,
    ("aanad.sdk.models.audio", "Audio"): AnswerKind.AUDIO,
    ("aanad.sdk.models.video", "Video"): AnswerKind.VIDEO,
    ("aanad.sdk.models.file", "File"): AnswerKind.FILE,
    ("builtins", "bytes"): AnswerKind.BYTES,
    ("builtins", "bytearray"): AnswerKind.BYTES,
}
_OWN_JSON = (PlainSerializer, WrapSerializer, GetPydanticSchema, WithJsonSchema)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


BASE64 = Annotated[
    bytes,
    PlainSerializer(_base64, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}, mode="serialization"),
]
"""``bytes`` inside of an answer in JSON."""


@dataclass(frozen=True)
class Answer:
    """What an endpoint answers.

    Attributes:
        kind: how it is sent.
        media_types: those that a client may ask for, the default first; ``application/json`` of a binary kind is its
            form with base64.
        may_be_empty: whether None is a result, and then answered by 204.
        item: the annotation of one chunk, or of the result.
        is_open: whether the first media type stands for any other: that of the very file shows with the result.
    """

    kind: AnswerKind
    media_types: tuple[str, ...]
    item: Any
    may_be_empty: bool = False
    is_open: bool = False

    @property
    def is_binary(self) -> bool:
        """Whether it is something else than JSON."""
        return self.kind not in {AnswerKind.JSON, AnswerKind.STREAM}


def answer_of(endpoint: str, annotation: Any, *, yields: bool) -> Answer:
    """The answer of an endpoint whose `run` is annotated so.

    Args:
        endpoint: its name, for errors.
        annotation: of the result.
        yields: whether `run` is a generator.

    Raises:
        InvalidSignature: it yields and says that it does not, or the other way round; or a media type that its kind
            of answer cannot have.
    """
    inner, said = _media_type(annotation)
    if yields:
        item = _item(endpoint, inner)
        inner, said_of_item = _media_type(item)
        if _kind(inner) is AnswerKind.BYTES:
            return _answer(endpoint, AnswerKind.BYTE_STREAM, item, said or said_of_item)
        return Answer(AnswerKind.STREAM, FORMATS[AnswerKind.STREAM], item)
    if get_origin(inner) in ASYNC_STREAMS:
        raise InvalidSignature(
            f"Endpoint {endpoint}: run is annotated as a stream but does not yield.",
            hint="Write 'async for chunk in …: yield chunk' in run itself.",
            code="unsupported_type",
        )
    value, may_be_empty = _without_none(inner)
    value, said_inside = _media_type(value)
    kind = _kind(value)
    if kind is None:
        return Answer(AnswerKind.JSON, FORMATS[AnswerKind.JSON], annotation)
    return _answer(endpoint, kind, value, said or said_inside, may_be_empty=may_be_empty)


def _answer(
    endpoint: str, kind: AnswerKind, item: Any, said: MediaType | None, *, may_be_empty: bool = False
) -> Answer:
    media_types = FORMATS[kind]
    if said is not None:
        if kind in ENCODED and said.name not in media_types:
            raise InvalidSignature(
                f"Endpoint {endpoint}: an answer of kind {kind.value} cannot be encoded as {said.name}.",
                hint=f"Choose one of {', '.join(media_types)}, or return bytes with that media type.",
                code="invalid_media_type",
            )
        others = media_types if kind in ENCODED else ()
        media_types = (said.name, *(each for each in others if each != said.name))
    if kind is not AnswerKind.BYTE_STREAM:
        media_types = (*media_types, JSON)
    is_open = said is None and kind in _AS_IT_IS
    return Answer(kind, media_types, item, may_be_empty, is_open)


def _kind(annotation: Any) -> AnswerKind | None:
    """The kind of a class, or of a generic alias of one (``NDArray[uint8]``); None for what goes as JSON."""
    cls = get_origin(annotation) or annotation
    if not isinstance(cls, type):
        return None
    if issubclass(cls, PurePath):
        return AnswerKind.FILE
    for base in cls.__mro__:
        kind = _BY_CLASS.get((base.__module__, base.__qualname__))
        if kind is not None:
            return kind
    return None


def _item(endpoint: str, annotation: Any) -> Any:
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is Any or annotation in STREAMS:
        return Any
    if origin in STREAMS and args:
        return args[0]
    raise InvalidSignature(
        f"Endpoint {endpoint}: run yields, so its result cannot be annotated as {type_name(annotation)}.",
        hint="Annotate it as AsyncGenerator[T, None], T being the type of one chunk.",
        code="unsupported_type",
    )


def _media_type(annotation: Any) -> tuple[Any, MediaType | None]:
    """The type under ``Annotated``, and the media type that is said there."""
    if get_origin(annotation) is not Annotated:
        return annotation, None
    said = next((each for each in annotation.__metadata__ if isinstance(each, MediaType)), None)
    if any(isinstance(each, _OWN_JSON) for each in annotation.__metadata__):
        return annotation, said  # its author wants JSON of his own, as `PixelArray` does
    return get_args(annotation)[0], said


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in {Union, types.UnionType}:
        rest = [each for each in get_args(annotation) if each is not type(None)]
        if len(rest) == 1 and len(rest) < len(get_args(annotation)):
            return rest[0], True
    return annotation, False


def json_form(kind: AnswerKind) -> type[Media]:
    """The media class as which results of a binary kind are read, and written to JSON."""
    from aanad.sdk import models

    match kind:
        case AnswerKind.IMAGE:
            return models.Image
        case AnswerKind.AUDIO:
            return models.Audio
        case AnswerKind.VIDEO:
            return models.Video
    return models.File
