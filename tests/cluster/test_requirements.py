"""What a requirements.txt may say, and which ones are the same."""

from __future__ import annotations

import pytest

from aanad.cluster import requirements
from aanad.errors import InvalidProject


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("-e .\n", "-e"),
        ("--editable=../mine\n", "--editable"),
        ("rich\n-r more.txt\n", "-r"),
        ("-rmore.txt\n", "-r"),
        ("--pre -c limits.txt\n", "-c"),
        ("--requirem more.txt\n", "--requirement"),
        ("--constr\\\naint=limits.txt\n", "--constraint"),
    ],
)
def test_files_that_do_not_travel_are_refused(text: str, option: str) -> None:
    """Only this one file reaches the unit, so a line that needs another is refused by name."""
    with pytest.raises(InvalidProject) as caught:
        requirements.read(text.encode())

    assert caught.value.code == "invalid_requirements"
    assert f"uses {option}, " in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "rich>=14\n",
        "# -r nothing\nrich  # -e nothing\n",
        "--extra-index-url https://example.org/simple\n--pre\n--require-hashes\n",
        "name-c @ https://example.org/name-r.whl\n",
    ],
)
def test_everything_else_is_the_installers_to_judge(text: str) -> None:
    """Names, versions, addresses, indexes and comments pass as they are."""
    assert requirements.read(text.encode()) == text


@pytest.mark.parametrize("body", [b"x" * 65537, b"\xff\xfe", b"rich\0"])
def test_what_is_no_such_file_is_refused(body: bytes) -> None:
    """Too much, no text, or zero bytes: one clear sentence."""
    with pytest.raises(InvalidProject) as caught:
        requirements.read(body)

    assert caught.value.code == "invalid_requirements"


def test_the_same_requirements_have_the_same_environment() -> None:
    """Comments, empty lines, line ends and a byte order mark make no difference; a version does."""
    plain = requirements.identify(requirements.read(b"rich>=14\nclick\n"))
    adorned = requirements.identify(requirements.read(b"\xef\xbb\xbf# ours\r\nrich>=14  # colours\r\n\r\nclick  \r\n"))
    other = requirements.identify(requirements.read(b"rich>=15\nclick\n"))

    assert plain == adorned
    assert plain != other
    assert len(plain) == 16


def test_another_ray_has_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade of Ray no environment of before is used."""
    before = requirements.identify("rich\n")
    monkeypatch.setattr(requirements, "pins", lambda: {"aanad": "0", "ray": "99.0"})

    assert requirements.identify("rich\n") != before
