"""Binary results: what a client accepts of them, and the bytes or the file that it gets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aanad.sdk.answer_kinds import ENCODED, JSON, AnswerKind
from aanad.sdk.models import media_types
from aanad.serving.answers.negotiation import not_acceptable

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import TypeAdapter

    from aanad.sdk.answer_kinds import Answer
    from aanad.sdk.models import Media
    from aanad.serving.answers.negotiation import Accept

MAX_JSON_MEDIA_BYTES = 64 * 1024 * 1024
"""A larger file is not put into JSON, where it would be in memory several times over."""
MP4 = "video/mp4"


class UnusableResult(Exception):
    """A result that is of the annotated type and cannot be sent all the same."""


@dataclass(frozen=True)
class Body:
    """What is sent."""

    media_type: str
    content: bytes | Path
    filename: str | None = None
    is_inline: bool = False
    """Whether a browser may show it instead of saving it."""
    owner: object = None
    """What keeps a temporary file on disk for as long as it is sent."""


class MediaAnswer:
    """The binary answer of one endpoint."""

    def __init__(self, answer: Answer, adapter: TypeAdapter[Any]) -> None:
        self._answer = answer
        self._check = adapter.validator.validate_python
        self._to_json = adapter.serializer.to_json

    def choose(self, accept: Accept) -> str:
        """The media type to answer with; of an open answer the first stands for whatever it turns out to be.

        Raises:
            RequestRefused: 406.
        """
        offered = self._answer.media_types
        if self._answer.is_open:
            return JSON if accept.prefers(JSON) else offered[0]
        chosen = accept.best(offered)
        if chosen is None:
            raise not_acceptable(offered)
        return chosen

    def body(self, result: object, accept: Accept, *, as_file: bool = False) -> Body:
        """What `result` is sent as; this reads, encodes and so blocks.

        Args:
            result: what `run` returned.
            accept: what the client takes.
            as_file: put bytes that need no encoding into a temporary file, of which ranges can be sent.

        Raises:
            ValidationError: it is not of the annotated type.
            UnusableResult: it leads to a file that cannot be read.
            RequestRefused: 406, where its very own media type is not accepted.
            AanaError: it cannot be encoded.
        """
        media: Any = self._check(result)
        chosen = self.choose(accept)
        if chosen == JSON:
            return self._as_json(media)
        if self._answer.kind in ENCODED:
            return Body(chosen, media.encode(chosen), _renamed(media.filename, chosen), is_inline=True)
        if not self._answer.is_open:
            return self._as_it_is(media, chosen, as_file=as_file)
        own = media.media_type
        if accept.quality(own):
            return self._as_it_is(media, own, as_file=as_file)
        if self._answer.kind is AnswerKind.VIDEO and accept.quality(MP4):
            return self._as_it_is(media.convert(MP4), MP4, as_file=as_file)
        if accept.quality(JSON):
            return self._as_json(media)
        raise not_acceptable((own, JSON))

    def _as_it_is(self, media: Media, media_type: str, *, as_file: bool) -> Body:
        is_inline = self._answer.kind is not AnswerKind.FILE
        if media.path is not None:
            _size(media.path)
            filename = media.filename or (None if media.is_temporary else media.path.name)
            return Body(media_type, media.path, filename, is_inline, owner=media)
        if as_file:
            return Body(media_type, media.on_disk(), media.filename, is_inline, owner=media)
        return Body(media_type, media.read(), media.filename, is_inline)

    def _as_json(self, media: Media) -> Body:
        if media.path is not None and _size(media.path) > MAX_JSON_MEDIA_BYTES:
            raise not_acceptable((media.media_type,))
        return Body(JSON, self._to_json(media), is_inline=True)


def _renamed(filename: str | None, media_type: str) -> str | None:
    """The name with the ending of what it was encoded as."""
    if filename is None or media_types.of_name(filename) == media_type:
        return filename
    return f"{filename.rpartition('.')[0] or filename}{media_types.suffix_of(media_type)}"


def _size(path: Path) -> int:
    """In bytes; refuses what is no file that can be sent."""
    try:
        found = path.stat()
    except OSError as error:
        raise UnusableResult(f"{path} cannot be read: {error}") from error
    if not path.is_file() or not os.access(path, os.R_OK):
        raise UnusableResult(f"{path} is no file that may be read")
    return found.st_size
