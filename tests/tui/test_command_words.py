"""What is typed after ``:``, taken apart; no console."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aana_tui.command_words import Words, parse


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", Words()),
        ("replicas", Words("replicas")),
        (":replicas", Words("replicas")),
        ("logs whisper model r1", Words("logs", "whisper model r1", ("whisper", "model", "r1"))),
        (
            "replicas whisper /err @gpu2",
            Words("replicas", "whisper /err @gpu2", ("whisper",), filter="err", daemon="gpu2"),
        ),
        ("replicas /two words", Words("replicas", "/two words", filter="two words")),
        ("replicas /a@b", Words("replicas", "/a@b", filter="a@b")),
        ("replicas /", Words("replicas", "/", filter="")),
        ("/err", Words("", "/err", filter="err")),
        ("@gpu2", Words("", "@gpu2", daemon="gpu2")),
        ("/err @ssh://me@box", Words("", "/err @ssh://me@box", filter="err", daemon="ssh://me@box")),
        ("scale whisper model=3", Words("scale", "whisper model=3", ("whisper", "model=3"))),
    ],
)
def test_a_line_is_a_word_then_targets_then_a_filter_then_a_daemon(text: str, words: Words) -> None:
    """Everything but the order may be left out."""
    assert parse(text) == words


def test_what_an_action_gets_is_as_it_was_typed() -> None:
    """A path that begins with a slash is no filter to an action."""
    assert parse("w /tmp/a  b.log").rest == "/tmp/a  b.log"


@given(st.text())
def test_any_line_can_be_taken_apart(text: str) -> None:
    """Whatever is typed, it is an answer and no failure."""
    parse(text)
