"""Nothing from elsewhere steers a terminal."""

from __future__ import annotations

import random

import pytest

from aanad.client import sanitise


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain", "plain"),
        ("é ü 日本", "é ü 日本"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r\x1b\\a", "a"),
        ("a\x1b]never ended", "anever ended"),
        ("\x1bcreset", "reset"),
        ("a\rb\x08c\x00d\x7f", "abcd"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("a\n\tb", "a b"),
        ("[bold]name[/x]", "[bold]name[/x]"),
        ("half \ud800", "half \ufffd"),
    ],
)
def test_a_cell_is_one_harmless_line(given: str, expected: str) -> None:
    """Escapes, controls and bidi marks go, whole; words stay as they are."""
    assert sanitise(given) == expected


def test_lines_keep_their_breaks() -> None:
    """A log message keeps newlines and tabs, and nothing else."""
    assert sanitise("a\r\n\tb\x1b[2J\n", lines=True) == "a\n\tb\n"


def test_no_escape_survives_any_mixture() -> None:
    """Whatever the order of the pieces, no control is left: taking one out never builds another."""
    pieces = ["\x1b", "[", "]", "P", "\x9b", "\x9c", "\x07", "\\", "0", "m", "\u202e", "x", "\n", "\r", "\x90"]
    generator = random.Random(7)
    for _ in range(3000):
        text = sanitise("".join(generator.choices(pieces, k=12)), lines=True)
        assert not any(char in text for char in "\x1b\x9b\x9c\x07\u202e\r\x90")
