"""Texts measured in columns of a terminal."""

from __future__ import annotations

import pytest

from aanad.cli.cells import clip, pad, shorten, width

RED = "\x1b[31mred\x1b[0m"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("語", 2), ("e\u0301", 1), (RED, 3), (f"語{RED}", 5)],
)
def test_width_is_what_a_terminal_shows(text: str, columns: int) -> None:
    """Wide characters take two columns, combining marks and colours none."""
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("a語b", 2, "a "),
        (f"{RED} and more", 5, "\x1b[31mred\x1b[0m a\x1b[0m"),
        (f"{RED}", 2, "\x1b[31mre\x1b[0m"),
        ("abc", 0, ""),
    ],
)
def test_what_is_cut_off_fits_and_ends_its_colours(text: str, columns: int, cut: str) -> None:
    """Half of a wide character is a blank."""
    assert clip(text, columns) == cut


def test_what_is_shortened_says_so() -> None:
    """With an ellipsis, which takes a column too."""
    assert shorten("abcd", 4) == "abcd"
    assert shorten("abcde", 4) == "abc…"
    assert shorten("語語語", 4) == "語 …"
    assert shorten("abc", 1) == "…"
    assert shorten("abc", 0) == ""


def test_padding_counts_columns() -> None:
    """At the right, or at the left for numbers."""
    assert pad("語", 4) == "語  "
    assert pad(RED, 5, right=True) == f"  {RED}"
    assert pad("long", 2) == "long"
