"""Pixels instead of half blocks, on the few terminals that are known to show them."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App
    from textual.widget import Widget

_PROGRAMS = frozenset({"ghostty", "iTerm.app", "WezTerm"})
_TERMS = ("xterm-kitty", "xterm-ghostty", "foot")


def shows_pixels(environment: Mapping[str, str]) -> bool:
    """Whether the terminal speaks kitty's protocol or sixel; inside of tmux or screen neither gets through."""
    if environment.get("TMUX") or environment.get("STY"):
        return False
    return environment.get("TERM_PROGRAM") in _PROGRAMS or environment.get("TERM", "").startswith(_TERMS)


def image_widget(app: App[object]) -> type[Widget] | None:
    """The widget that shows an image as pixels; None where half blocks have to do."""
    if not shows_pixels(os.environ):
        return None
    from textual.app import SuspendNotSupported

    with suppress(ImportError, SuspendNotSupported), app.suspend():
        # While it is imported it asks the terminal, whose answers the application would take for keys.
        from textual_image.widget import Image

        found: type[Widget] = Image
        return found
    return None
