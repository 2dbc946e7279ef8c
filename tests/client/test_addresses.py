"""URLs of daemons: what they mean, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from aanad.client import HttpsAddress, SshAddress, UnixAddress, parse_address
from aanad.errors import InvalidInput


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("unix:///run/aana/aanad.sock", UnixAddress(Path("/run/aana/aanad.sock"))),
        ("https://aana.example", HttpsAddress("aana.example", 443)),
        ("https://aana.example:8443", HttpsAddress("aana.example", 8443)),
        ("https://[::1]:8443", HttpsAddress("[::1]", 8443)),
        ("ssh://GPU-box", SshAddress("GPU-box")),
        ("ssh://ann@box:2222", SshAddress("box", "ann", 2222)),
        ("ssh://box/run/aana/aanad.sock", SshAddress("box", socket="/run/aana/aanad.sock")),
        ("ssh://[fe80::1%eth0]:22", SshAddress("fe80::1%eth0", port=22)),
    ],
)
def test_an_address_is_read_and_written(url: str, address: object) -> None:
    """As it was given, and it can be given again."""
    assert address == parse_address(url)
    assert address == parse_address(str(address))


@pytest.mark.parametrize(
    "url",
    [
        "unix://relative.sock",
        "unix://",
        "https://",
        "https://ann@aana.example",
        "https://aana.example/path",
        "https://aana.example:0",
        "https://aana.example:x",
        "http://aana.example",
        "ssh://",
        "ssh://-oProxyCommand=touch",
        "ssh://-l@box",
        "ssh://box -v",
        "ssh://box:99999",
        "ssh://box/a:b",
        "ssh://box/a b",
        "ssh://$(id)@box",
        "tcp://box:1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Before anything is connected to; above all what ssh would take for an option."""
    with pytest.raises(InvalidInput) as raised:
        parse_address(url)

    assert "invalid_context" == raised.value.code
    assert raised.value.hint


def test_a_password_is_refused_and_not_repeated() -> None:
    """It would stand in history, process lists and logs."""
    with pytest.raises(InvalidInput) as raised:
        parse_address("ssh://ann:s3cret@box")

    assert "s3cret" not in f"{raised.value.message} {raised.value.hint}"
