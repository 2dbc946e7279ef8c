"""Copying to the operator's own clipboard, wherever the terminal is; and saying honestly which way it went.

``AANA_CLIPBOARD`` is ``auto`` (the terminal's sequence OSC 52, else a file), ``osc52`` or ``file``.
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from aana_tui.lifecycle import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aana_tui.app import Console

MAX_ENCODED_BYTES = 74_994
"""What common terminals take in one sequence; some drop longer ones without a word."""
SCREEN_CHUNK = 250
"""GNU screen cuts longer device control strings."""


def copy(console: Console, text: str) -> str:
    """Copy a text; what happened, in a sentence."""
    wanted = os.environ.get("AANA_CLIPBOARD", "auto").lower()
    driver = console._driver  # noqa: SLF001 - Textual's own copying writes there too, without cap or wrapping
    sequence = osc52(text, os.environ)
    if wanted == "file" or sequence is None or driver is None:
        return _to_file(text, too_long=sequence is None)
    driver.write(sequence)
    driver.flush()
    return f"Sent {_size(text)} to the clipboard by OSC 52{_advice(os.environ)}"


def osc52(text: str, environment: Mapping[str, str]) -> str | None:
    """The sequence that asks the terminal to copy; None where the text is too long for one."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if len(encoded) > MAX_ENCODED_BYTES:
        return None
    sequence = f"\x1b]52;c;{encoded}\x07"
    if environment.get("TMUX"):
        # Once for tmux's own buffer, which `set-clipboard` guards, and once through it, which `allow-passthrough` does.
        inner = sequence.replace("\x1b", "\x1b\x1b")
        return f"{sequence}\x1bPtmux;{inner}\x1b\\"
    if environment.get("STY"):
        chunks = [sequence[at : at + SCREEN_CHUNK] for at in range(0, len(sequence), SCREEN_CHUNK)]
        return "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks)
    return sequence


def _to_file(text: str, *, too_long: bool) -> str:
    try:
        path = write_private("copied.txt", text)
    except OSError as error:
        return f"Nothing was copied: {error.strerror or error}."
    why = "Too long for the terminal's clipboard, so it is" if too_long else f"{_size(text)} are"
    return f"{why} in {path}."


def _advice(environment: Mapping[str, str]) -> str:
    if environment.get("TMUX"):
        return "; tmux must allow it (set-clipboard on). AANA_CLIPBOARD=file writes a file."
    return "; the terminal must allow it. AANA_CLIPBOARD=file writes a file."


def _size(text: str) -> str:
    return "1 character" if len(text) == 1 else f"{len(text):,} characters"
