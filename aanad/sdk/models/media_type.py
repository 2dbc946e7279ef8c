"""`MediaType`: what an author says of bytes where the annotation alone does not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aanad.errors import InvalidSignature

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*(?:; ?[a-zA-Z0-9_.-]+=[!-~]+)*")


@dataclass(frozen=True)
class MediaType:
    """The media type of an answer: ``Annotated[bytes, MediaType("audio/mpeg")]``.

    On an image or on audio it says which of the formats is the default.
    """

    name: str

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.name):
            raise InvalidSignature(
                f"{self.name!r} is no media type.",
                hint="Write a type and a subtype in lower case: MediaType('audio/mpeg').",
                code="invalid_media_type",
            )
