"""Which daemon is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from aanad.client import UnixAddress, resolve
from aanad.errors import InvalidSettings
from aanad.settings import load_settings


def test_the_settings_socket_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a context it is the daemon whose runtime folder the settings name."""
    monkeypatch.delenv("AANA_CONTEXT", raising=False)
    monkeypatch.setenv("AANA_RUNTIME_DIR", str(tmp_path))

    assert resolve() == UnixAddress(tmp_path / "aanad.sock")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"AANA_RUNTIME_DIR": "/run/somewhere"},
        {"AANA_RUNTIME_DIR": "relative/folder"},
        {"AANA_RUNTIME_DIR": "~/folder"},
        {"AANA_RUNTIME_DIR": ""},
        {"aana_runtime_dir": "/run/lower"},
        {"XDG_RUNTIME_DIR": "/run/user/7"},
        {"AANA_CONFIG": "config.toml"},
        {"AANA_CONFIG": "config.toml", "AANA_RUNTIME_DIR": "/run/somewhere"},
        {"AANA_CONFIG": "missing.toml"},
    ],
)
@pytest.mark.parametrize("user", [0, 1000])
def test_the_command_finds_the_daemon_where_the_settings_put_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], user: int
) -> None:
    """It does not always load the settings, and must never look elsewhere because of that."""
    for name in ("AANA_RUNTIME_DIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "AANA_CONFIG", "AANA_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('runtime_dir = "/run/from-file"\n')
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert resolve().socket == load_settings().socket_path


@pytest.mark.parametrize("given", [{"AANA_RUNTIME_DIR": "/x" * 60}, {"AANA_CONFIG": "broken.toml"}])
def test_settings_that_name_no_socket_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str]
) -> None:
    """A path that is too long for a socket, a file that cannot be read: the settings' own sentence."""
    for name in ("AANA_RUNTIME_DIR", "AANA_CONFIG", "AANA_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.toml").write_text("runtime_dir = ")
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSettings):
        resolve()


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option is nearer to the user than the variable."""
    monkeypatch.setenv("AANA_CONTEXT", "unix:///a.sock")

    assert resolve() == UnixAddress(Path("/a.sock"))
    assert resolve("unix:///b.sock") == UnixAddress(Path("/b.sock"))
