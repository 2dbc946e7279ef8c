"""What a client wants its answer to be (`Accept`; RFC 9110, section 12.5.1)."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from aanad.serving.problems import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aanad.serving.asgi import Scope

MAX_ACCEPT_BYTES = 4096
"""Of a longer header, what is beyond is not read."""


class Accept:
    """The media ranges that a client takes, with their qualities."""

    def __init__(self, qualities: Mapping[str, float]) -> None:
        self._qualities = qualities

    def quality(self, media_type: str) -> float:
        """How well the client likes it, between 0 (not at all) and 1: what its most specific range says."""
        essence = media_type.partition(";")[0].strip().lower()
        for media_range in (essence, f"{essence.partition('/')[0]}/*", "*/*"):
            if media_range in self._qualities:
                return self._qualities[media_range]
        return 0.0

    def best(self, offered: Iterable[str]) -> str | None:
        """The one that the client likes best, among equals the first; None where it takes none of them."""
        best, best_quality = None, 0.0
        for media_type in offered:
            quality = self.quality(media_type)
            if quality > best_quality:
                best, best_quality = media_type, quality
        return best

    def prefers(self, media_type: str) -> bool:
        """Whether it is named, and nothing else is liked as well."""
        mine = self._qualities.get(media_type, 0.0)
        return mine > 0 and all(mine > other for name, other in self._qualities.items() if name != media_type)


ANYTHING = Accept({"*/*": 1.0})


def accept_of(scope: Scope) -> Accept:
    """What the request accepts; anything where it does not say."""
    accept = b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = accept + b"," + value if accept else value
    if not accept or accept == b"*/*":
        return ANYTHING
    return _parsed(accept[:MAX_ACCEPT_BYTES])


def not_acceptable(offered: Iterable[str]) -> RequestRefused:
    """The client takes nothing of what there is."""
    return RequestRefused(
        HTTPStatus.NOT_ACCEPTABLE,
        "not_acceptable",
        "The answer cannot be of a media type that the request accepts.",
        hint=f"Accept one of: {', '.join(offered)}.",
    )


@lru_cache(maxsize=512)
def _parsed(accept: bytes) -> Accept:
    qualities: dict[str, float] = {}
    for part in accept.decode("latin-1").split(","):
        media_range, *parameters = (each.strip().lower() for each in part.split(";"))
        if "/" in media_range:
            given = (each.partition("=") for each in parameters)
            quality = next((value.strip() for name, _, value in given if name.strip() == "q"), "1")
            qualities[media_range] = _number(quality)
    return Accept(qualities) if qualities else ANYTHING


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
