"""Which daemon is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from aanad.client import Address, resolve
from aanad.errors import InvalidInput


def test_the_settings_socket_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a context it is the daemon whose runtime folder the settings name."""
    monkeypatch.delenv("AANA_CONTEXT", raising=False)
    monkeypatch.setenv("AANA_RUNTIME_DIR", str(tmp_path))

    assert resolve() == Address(tmp_path / "aanad.sock")


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option is nearer to the user than the variable."""
    monkeypatch.setenv("AANA_CONTEXT", "unix:///a.sock")

    assert resolve() == Address(Path("/a.sock"))
    assert resolve("unix:///b.sock") == Address(Path("/b.sock"))


@pytest.mark.parametrize("context", ["box", "https://box", "ssh://me@box", "unix://relative.sock"])
def test_other_contexts_are_refused_clearly(context: str) -> None:
    """What cannot be used is named in the sentence."""
    with pytest.raises(InvalidInput) as raised:
        resolve(context)

    assert raised.value.code == "unknown_context"
    assert context.partition("://")[0] in raised.value.message
