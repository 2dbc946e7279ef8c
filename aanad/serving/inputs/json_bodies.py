"""JSON bodies: read into memory up to a size, and refused before parsing where they are nested too deep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aanad.serving.inputs.refusals import ClientGone, json_too_deep

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.serving.asgi import Receive
    from aanad.serving.problems import RequestRefused

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A string, or the rest of the text where it does not end; nothing in it makes the search go back."""
_OPENING = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))


async def read(receive: Receive, limit: int, too_large: Callable[[int], RequestRefused]) -> bytes:
    """The whole body.

    Raises:
        RequestRefused: it is larger than `limit` bytes.
        ClientGone: the client went away.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    size = len(body)
    if not message.get("more_body", False) and size <= limit:
        return body
    parts = [body]
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > limit:
        raise too_large(limit)
    return b"".join(parts)


def check_depth(text: bytes, limit: int) -> None:
    """Refuse JSON whose lists and objects are nested deeper than `limit`.

    Most JSON has fewer brackets than that and is only counted. Otherwise strings are taken out, then the innermost
    pairs of brackets, level by level; all of it is done by C loops over a text that shrinks.

    Raises:
        RequestRefused: it is nested deeper. What is no JSON is left to the parser, unless it opens that many.
    """
    if text.count(b"[") + text.count(b"{") <= limit:
        return
    brackets = (_STRING.sub(b"", text) if b'"' in text else text).translate(_OPENING, _OTHERS)
    for _ in range(limit):
        rest = brackets.replace(b"[]", b"")
        if len(rest) == len(brackets):
            break
        brackets = rest
    if brackets.count(b"[") > (0 if b"[]" in brackets else limit):
        raise json_too_deep(limit)
