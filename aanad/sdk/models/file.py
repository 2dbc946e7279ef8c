"""`File`: any bytes with a media type and a name."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from aanad.sdk.models.media import Media


class File(Media):
    """Any bytes with a media type and a name, as an input or an answer."""

    @classmethod
    def of_value(cls, value: object) -> Self | None:
        """Bytes are its content, a path is its file."""
        if isinstance(value, bytes | bytearray | memoryview):
            return cls(bytes(value))
        return cls(path=value) if isinstance(value, Path) else None
