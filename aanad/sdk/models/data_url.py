"""Bytes in text: base64 and data URLs (RFC 2397)."""

from __future__ import annotations

import base64
from urllib.parse import unquote_to_bytes

from aanad.sdk.exceptions import InvalidMedia

_BLANKS = str.maketrans("", "", " \t\r\n")


def decode_base64(text: str) -> bytes:
    """Bytes of base64 text, line breaks allowed.

    Raises:
        InvalidMedia: it is none.
    """
    try:
        if any(blank in text for blank in " \t\r\n"):
            text = text.translate(_BLANKS)
        return strict_base64(text)
    except ValueError as error:
        raise InvalidMedia(
            "The content is not valid base64.",
            hint="Encode the file's bytes: base64 -w0 FILE.",
            code="invalid_base64",
        ) from error


def strict_base64(text: str) -> bytes:
    """Bytes of base64 text without blanks; `ValueError` where it is none.

    Its length counts: Python would take more ``=`` at its end than there must be.
    """
    if len(text) % 4:
        raise ValueError("incorrect padding")
    return base64.b64decode(text, validate=True)


def decode(url: str) -> tuple[bytes, str | None]:
    """The bytes of a data URL and the media type that it declares.

    Raises:
        InvalidMedia: it cannot be read.
    """
    head, comma, body = url.partition(",")
    if not comma:
        raise InvalidMedia(
            "The data URL has no comma before its data.",
            hint="Write data:image/png;base64,…",
            code="invalid_data_url",
        )
    declared, *parameters = head[len("data:") :].split(";")
    is_base64 = any(parameter.strip().lower() == "base64" for parameter in parameters)
    content = decode_base64(unquote_to_bytes(body).decode("latin-1")) if is_base64 else unquote_to_bytes(body)
    return content, declared.strip().lower() or None
