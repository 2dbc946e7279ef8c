"""The name of a file as a client gave it, without what could lead anywhere."""

from __future__ import annotations

import re

MAX_LENGTH = 255
_FOLDERS = re.compile(r".*[/\\]|[\x00-\x1f\x7f]", re.DOTALL)


def last_part(name: str | None) -> str | None:
    """The name without folders and control characters; None where nothing is left."""
    return _FOLDERS.sub("", name or "")[:MAX_LENGTH] or None
