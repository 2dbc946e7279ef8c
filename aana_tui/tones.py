"""The few tones that text has on the screen; each is never the only sign of what it says."""

from __future__ import annotations

import os
from typing import Literal

from rich.style import Style

Tone = Literal["", "good", "busy", "warn", "bad", "dim", "accent", "strong", "hit"]

_COLOURED: dict[str, Style] = {
    "": Style.null(),
    "good": Style(color="green"),
    "busy": Style(color="cyan"),
    "warn": Style(color="yellow"),
    "bad": Style(color="red", bold=True),
    "dim": Style(dim=True),
    "accent": Style(color="blue"),
    "strong": Style(bold=True),
    "hit": Style(reverse=True),
}
_MONO: dict[str, Style] = {
    **dict.fromkeys(_COLOURED, Style.null()),
    "bad": Style(bold=True),
    "strong": Style(bold=True),
    "dim": Style(dim=True),
    "hit": Style(reverse=True),
}


THEME = "ansi-dark"
"""The terminal's own sixteen colours: their codes are the shortest, and they are those that its user likes."""
_is_mono = False


def decide_colours() -> None:
    """Look whether the user wants no colours (https://no-color.org), or has a terminal without.

    Before Textual starts, which takes the variable out of the environment.
    """
    global _is_mono  # noqa: PLW0603 - one terminal, one answer
    if os.environ.get("TERM") == "dumb":
        os.environ["NO_COLOR"] = "1"
    _is_mono = bool(os.environ.get("NO_COLOR"))


def is_mono() -> bool:
    """Whether there are no colours; bold, dim and reverse stay."""
    return _is_mono


def style_of(tone: str) -> Style:
    """A tone's style on this terminal."""
    return (_MONO if is_mono() else _COLOURED)[tone]


PHASES: dict[str, tuple[str, Tone]] = {
    "stopped": ("○", "dim"),
    "pending": ("◌", "warn"),
    "starting": ("◐", "busy"),
    "running": ("●", "good"),
    "updating": ("◑", "busy"),
    "degraded": ("◍", "warn"),
    "failed": ("✖", "bad"),
    "stopping": ("◔", "busy"),
    "unknown": ("?", "warn"),
}
"""A sign and a tone for each phase."""
