"""Contexts with names: the file, what may stand in it, and which one is meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aanad.client import HttpsAddress, SavedContext, SshAddress, UnixAddress, read_contexts, resolve
from aanad.client.saved_contexts import contexts_file, remove_context, save_context, use_context
from aanad.errors import InvalidInput, Refused


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user with nothing saved, on a machine without a daemon."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("AANA_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("AANA_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.delenv("AANA_CONTEXT", raising=False)
    return tmp_path


def test_a_context_is_saved_as_it_was_given() -> None:
    """With all that belongs to it, in a file that only its owner reads."""
    box = SavedContext("gpu-box", "ssh://ann@box:2222/run/a.sock", ssh_options=("-F", '/home/ann/"odd" \\ päth'))
    prod = SavedContext("prod.eu", "https://aana.example", ca_file="/etc/ca.pem", token_file="~/token")
    save_context(box)
    save_context(prod)

    assert {"gpu-box": box, "prod.eu": prod} == read_contexts().contexts
    assert 0o600 == contexts_file().stat().st_mode & 0o777
    assert SshAddress("box", "ann", 2222, "/run/a.sock", box.ssh_options) == resolve("gpu-box")
    assert HttpsAddress("aana.example", 443, Path("/etc/ca.pem"), Path.home() / "token") == resolve("prod.eu")
    assert "gpu-box" == resolve("gpu-box").name


def test_the_one_in_use_is_meant_only_where_this_machine_has_no_daemon(home: Path) -> None:
    """What is given wins, then the variable, then this machine's socket, then the context in use."""
    save_context(SavedContext("far", "ssh://far"))
    assert UnixAddress(home / "run" / "aanad.sock") == resolve()

    use_context("far")
    assert SshAddress("far") == resolve()

    (home / "run").mkdir()
    (home / "run" / "aanad.sock").touch()
    assert UnixAddress(home / "run" / "aanad.sock") == resolve()
    assert SshAddress("far") == resolve("far")
    assert UnixAddress(home / "run" / "aanad.sock", "local") == resolve("local")

    (home / "run" / "aanad.sock").unlink()
    use_context("local")
    assert UnixAddress(home / "run" / "aanad.sock") == resolve()


def test_a_removed_context_is_meant_no_more() -> None:
    """Nor is the name a silent way to this machine."""
    save_context(SavedContext("far", "ssh://far"))
    use_context("far")
    remove_context("far")

    assert read_contexts().current is None
    with pytest.raises(InvalidInput) as raised:
        resolve("far")
    assert "unknown_context" == raised.value.code


def test_an_unknown_name_lists_those_there_are() -> None:
    """So that a slip of the pen is mended at once."""
    save_context(SavedContext("far", "ssh://far"))

    with pytest.raises(InvalidInput) as raised:
        resolve("fra")

    assert ("unknown_context", "There is no context fra.") == (raised.value.code, raised.value.message)
    assert "local, far" in (raised.value.hint or "")


@pytest.mark.parametrize(
    "context",
    [
        SavedContext("local", "ssh://box"),
        SavedContext("-x", "ssh://box"),
        SavedContext("a/b", "ssh://box"),
        SavedContext("box", "box"),
        SavedContext("box", "ssh://box", token_file="/token"),
        SavedContext("box", "https://box", ssh_options=("-v",)),
        SavedContext("box", "unix:///a.sock", ca_file="/ca.pem"),
        SavedContext("box", "ssh://box", ssh_options=("-F\n",)),
    ],
)
def test_what_could_not_be_used_is_not_saved(context: SavedContext) -> None:
    """A name that is no name, an address that is none, an option of another kind of address."""
    with pytest.raises(InvalidInput):
        save_context(context)

    assert not contexts_file().exists()


def test_a_name_is_not_given_twice() -> None:
    """The one there is stays."""
    save_context(SavedContext("box", "ssh://one"))

    with pytest.raises(Refused) as raised:
        save_context(SavedContext("box", "ssh://two"))

    assert "context_exists" == raised.value.code
    assert "ssh://one" == read_contexts().contexts["box"].url


@pytest.mark.parametrize(
    "text",
    [
        "current = ",
        "current = 7",
        "contexts = []",
        "[contexts.box]",
        "[contexts.box]\nurl = 7",
        '[contexts.box]\nurl = "ssh://box"\nssh_option = ["-v"]',
        '[contexts.box]\nurl = "ssh://box"\nssh_options = [1]',
    ],
)
def test_a_file_that_cannot_be_read_is_named(text: str) -> None:
    """Nothing of it is guessed, and it is not overwritten."""
    contexts_file().parent.mkdir(parents=True)
    contexts_file().write_text(text)

    for attempt in (lambda: resolve("box"), lambda: save_context(SavedContext("new", "ssh://new"))):
        with pytest.raises(InvalidInput) as raised:
            attempt()
        assert "invalid_contexts_file" == raised.value.code
        assert str(contexts_file()) in raised.value.message
    assert text == contexts_file().read_text()


def test_commands_at_the_same_time_lose_nothing() -> None:
    """Each waits for the other."""
    program = """
import sys
from aanad.client.saved_contexts import SavedContext, save_context
save_context(SavedContext(sys.argv[1], "ssh://box"))
"""
    names = [f"box{number}" for number in range(6)]
    for process in [subprocess.Popen([sys.executable, "-c", program, name]) for name in names]:
        assert process.wait(30) == 0

    assert names == sorted(read_contexts().contexts)
    assert [contexts_file()] == list(contexts_file().parent.iterdir())
