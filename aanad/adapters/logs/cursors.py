"""How far each file was read, as a text that clients keep and give back."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING

from aanad.adapters.logs.files import ID_BYTES
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = b"\x01"
MAX_BYTES = 16 * 1024 * 1024
"""Of a cursor, unpacked."""


def encode(offsets: Mapping[bytes, int]) -> str:
    """Printable ASCII without spaces; what is not in it has not been read."""
    data = bytearray(_VERSION)
    for identity in sorted(offsets):
        data += identity
        data += _varint(offsets[identity])
    packed = zlib.compress(bytes(data), 6)
    check = zlib.crc32(packed).to_bytes(4, "big")
    return base64.urlsafe_b64encode(check + packed).decode().rstrip("=")


def decode(cursor: str) -> dict[bytes, int]:
    """The other way round.

    Raises:
        InvalidInput: ``invalid_cursor``.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
            raise _unreadable()
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(raw[4:], MAX_BYTES)
        if unpacking.unconsumed_tail or data[:1] != _VERSION:
            raise _unreadable()
        return _offsets(data)
    except (binascii.Error, ValueError, zlib.error, IndexError) as error:
        raise _unreadable() from error


def _offsets(data: bytes) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    at = 1
    while at < len(data):
        identity = data[at : at + ID_BYTES]
        at += ID_BYTES
        offset = shift = 0
        while data[at] & 0x80:
            offset |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
        found[identity] = offset | (data[at] << shift)
        at += 1
    return found


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _unreadable() -> InvalidInput:
    return InvalidInput(
        "This is no cursor of a log.",
        hint="Take the cursor of a line of the stream as it is, or read without one.",
        code="invalid_cursor",
    )
