"""How many columns of a terminal a text takes. It may hold colours of this command's, and nothing else that steers."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
RESET = "\x1b[0m"
"""Ends all colours."""


def width(text: str) -> int:
    """Columns that a text takes: two for a wide character, none for a colour or a combining mark."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.cells import cell_len

    return cell_len(_COLOUR.sub("", text))


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Fill a text up with blanks; with `right`, on its left. One that is longer stays as it is."""
    blanks = " " * max(0, columns - width(text))
    return blanks + text if right else text + blanks


def clip(text: str, columns: int) -> str:
    """Cut a text off where the columns end; its colours end there too."""
    if width(text) <= columns:
        return text
    from rich.cells import set_cell_size

    parts: list[str] = []
    left = columns
    for part in _COLOUR.split(text):
        if not _COLOUR.fullmatch(part):
            taken = width(part)
            parts.append(part if taken <= left else set_cell_size(part, left))
            left = max(0, left - taken)
        elif left:
            parts.append(part)
    if any(_COLOUR.fullmatch(part) for part in parts):
        parts.append(RESET)
    return "".join(parts)


def shorten(text: str, columns: int) -> str:
    """As `clip` for a text without colours, with an ellipsis where something is missing."""
    return text if width(text) <= columns else clip(text, max(0, columns - 1)) + "…"[:columns]
