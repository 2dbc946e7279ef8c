"""No secret is read in what a project wrote."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest

from aanad.core.redaction import Redactor

SECRET = "hf_AbC/d+e f?é=="


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        repr(SECRET),
        json.dumps({"token": SECRET}),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        "https://host/?" + urlencode({"token": SECRET}),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_a_secret_is_replaced_however_it_is_written(text: str) -> None:
    """As it is, in Python's and JSON's quotes, in an address and in base64."""
    redacted = Redactor([SECRET]).text(f"before {text} after")

    assert "***" in redacted
    assert "AbC" not in redacted
    assert text not in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")


@pytest.mark.parametrize("user", ["", "a", "ab", "abc"])
def test_a_secret_inside_of_base64_is_replaced(user: str) -> None:
    """As HTTP's basic authentication has it, whatever the length of the user's name."""
    header = base64.b64encode(f"{user}:{SECRET}x".encode()).decode()

    redacted = Redactor([SECRET]).text(f"Authorization: Basic {header}")

    assert "***" in redacted
    assert len(redacted) < len("Authorization: Basic ***") + 12


def test_the_longest_is_replaced_first() -> None:
    """Where one secret is the beginning of another, nothing of the longer one is left."""
    assert Redactor(["secret", "secret-and-more"]).text("x secret-and-more y secret z") == "x *** y *** z"


def test_short_values_are_left() -> None:
    """A value like 'true' stands everywhere; a log without that word could not be read."""
    assert Redactor(["", "true", "12345"]).text("it is true that 12345") == "it is true that 12345"


def test_values_of_many_lines_are_replaced_line_by_line() -> None:
    """A key in PEM is written to the log line by line."""
    key = "-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n"

    assert Redactor([key]).lines(["key:", *key.splitlines(), "done"]) == ["key:", "***", "***", "***", "***", "done"]
    assert Redactor([key]).text(f"key: {key}done") == "key: ***done"


def test_values_are_no_patterns() -> None:
    """Whatever a password is made of."""
    assert Redactor([".*[a-z]+$"]).text("abcdefgh .*[a-z]+$ ij") == "abcdefgh *** ij"


def test_without_secrets_nothing_is_touched() -> None:
    """And nothing is copied: most projects have none."""
    lines = ["a line", "another"]

    assert Redactor([]).lines(lines) is lines
    assert Redactor(["abc"]).text(lines[0]) is lines[0]
