"""What ``/`` takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aana_tui.state.filters import read_filter

KEYS = ("name", "phase", "gpu", "gpumem")
ROW = {"name": "whisper", "phase": "✖ failed", "gpu": "0-1,4", "gpumem": "-"}
LINE = "whisper ✖ failed 0-1,4 -"


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "whis", "WHISPER|x", "^whisper", "!llama", "~wspr", "!~zzz", "phase=failed", "PHASE=FAILED",
        "ph=failed", "phase!=running", "!phase=running", "name=whis*", "gpu=4", "gpumem=",
        "whis phase=failed !llama", "!",
    ],
)  # fmt: skip
def test_a_row_is_let_through_where_every_term_holds(text: str) -> None:
    """Regex in both cases, ``!`` for not, ``~`` for letters in order, ``key=value`` for one column, blanks for and."""
    read = read_filter(text, KEYS)

    assert read.error == ""
    if text not in {"WHISPER|x", "!"}:
        assert read.matches(LINE, ROW)


@pytest.mark.parametrize(
    "text",
    ["llama", "Whisper", "!whis", "~rspw", "phase=fail", "phase!=failed", "gpu=1", "whis phase=running", "name="],
)
def test_a_row_is_kept_out_where_one_term_does_not_hold(text: str) -> None:
    """A capital letter is meant as it stands; a value is the whole value, or a whole word of it."""
    assert not read_filter(text, KEYS).matches(LINE, ROW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("whis(", "whis( is no regular expression"),
        ("color=red", "There is no column color. There are name, phase, gpu, gpumem."),
        ("[", "no regular expression"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line_and_hides_nothing(text: str, said: str) -> None:
    """While a filter is typed it is often half a filter; an empty table would look like lost projects."""
    read = read_filter(text, KEYS)

    assert said in read.error
    assert "\n" not in read.error
    assert read.matches(LINE, ROW)


def test_without_columns_an_equals_sign_is_one_of_the_text() -> None:
    """Lines of a log have no columns: ``loss=0.3`` is looked for as it stands."""
    assert read_filter("loss=0").matches("epoch 3 loss=0.3")
    assert not read_filter("loss=1").matches("epoch 3 loss=0.3")


def test_what_matched_can_be_shown() -> None:
    """From where to where, in the text as it was given; what must not be there is shown nowhere."""
    assert read_filter("is !zz ~wr").spans("whisper is") == [(2, 4), (8, 10)]


@given(st.text(), st.text())
def test_no_filter_and_no_text_breaks_it(text: str, line: str) -> None:
    """Whatever is typed, and whatever a project is called."""
    read = read_filter(text, KEYS)

    assert isinstance(read.matches(line, {"name": line}), bool)
    assert all(0 <= start < end <= len(line) for start, end in read.spans(line))
