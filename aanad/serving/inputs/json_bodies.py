"""JSON bodies: read into memory up to a size, and refused before parsing where they are nested too deep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.serving.inputs.refusals import ClientGone, json_too_deep

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.serving.asgi import Receive
    from aanad.serving.problems import RequestRefused

_QUOTE, _CLOSING = 34, 93
_AS_LISTS = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b'[]{}"'))
_BLOCK = 1024 * 1024


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

    Most JSON has fewer brackets than that, and is only counted. Otherwise brackets and quotes alone are looked at,
    block by block, in a time that depends on nothing but their number.

    Raises:
        RequestRefused: it is nested deeper. What is no JSON is left to the parser, unless it opens that many.
    """
    if text.count(b"[") + text.count(b"{") > limit and _depth(text, limit) > limit:
        raise json_too_deep(limit)


def _depth(text: bytes, limit: int) -> int:
    """How deep it is nested, or that it is deeper than `limit`."""
    import numpy as np

    if b"\\" in text:  # escaped quotes go, after escaped backslashes, which may stand before a quote that ends a string
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = np.frombuffer(text.translate(_AS_LISTS, _OTHERS), np.uint8)
    deepest = depth = quotes = 0
    for start in range(0, len(marks), _BLOCK):
        block = marks[start : start + _BLOCK]
        is_quote = block == _QUOTE
        quotes_until = np.cumsum(is_quote, dtype=np.int32) + quotes
        steps = np.where(block == _CLOSING, np.int8(-1), np.int8(1))
        steps[is_quote | (quotes_until & 1).astype(bool)] = 0
        depths = np.cumsum(steps, dtype=np.int32) + depth
        deepest = max(deepest, int(depths.max()))
        if deepest > limit:
            break
        depth, quotes = int(depths[-1]), int(quotes_until[-1]) & 1
    return deepest
