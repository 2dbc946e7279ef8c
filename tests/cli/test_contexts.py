"""`aana context`: what it prints, and which daemon the other verbs then mean."""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aanad.cli.main import aana
from aanad.client import read_contexts
from aanad.client.saved_contexts import contexts_file
from aanad.settings import AccessSettings
from aanad.wire.access import Role


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a daemon, a user with nothing saved; gives the runtime folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("AANA_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("AANA_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.delenv("AANA_CONTEXT", raising=False)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(aana, arguments)


def test_a_context_is_added_used_and_removed(machine: Path) -> None:
    """Each step says what commands mean from then on."""
    added = run("context", "add", "far", "ssh://ann@box", "--ssh-option=-F", "--ssh-option=/etc/ssh/far")
    assert added.stdout == "far is ssh://ann@box.\nUse it by --context far, or by AANA_CONTEXT=far.\n"
    assert run("context", "use", "far").stdout == "Commands without --context mean far now.\n"
    assert [line.split() for line in run("context", "list").stdout.splitlines()] == [
        ["NAME", "ADDRESS"],
        ["local", f"unix://{machine}/aanad.sock"],
        ["*", "far", "ssh://ann@box"],
    ]

    (machine / "aanad.sock").touch()
    assert "still mean unix://" in run("context", "use", "far").stdout
    assert "it is this machine's" in run("context", "show").stdout

    assert run("context", "rm", "far").stdout == "far (ssh://ann@box) is forgotten.\n"
    assert run("context", "use", "far").exit_code == 2


def test_json_has_all_of_a_context(machine: Path) -> None:
    """Which one is meant now, and which is in use where this machine has no daemon."""
    run("context", "add", "prod", "https://aana.example", "--ca-file", str(machine / "ca.pem"), "--use")
    (machine / "aanad.sock").touch()

    local, prod = json.loads(run("context", "list", "-o", "json").stdout)

    assert (True, False, False, True) == (local["meant"], local["in_use"], prod["meant"], prod["in_use"])
    assert {
        "name": "prod",
        "address": "https://aana.example",
        "ca_file": str(machine / "ca.pem"),
        "token_file": None,
        "ssh_options": [],
        "meant": False,
        "in_use": True,
    } == prod
    assert "reason" in json.loads(run("context", "show", "-o", "json").stdout)
    assert {**prod, "reason": None} == json.loads(run("context", "show", "prod", "-o", "json").stdout)


def test_a_name_that_is_not_saved_is_a_usage_error() -> None:
    """For every verb, with those there are."""
    run("context", "add", "far", "ssh://box")

    result = run("ps", "--context", "fra")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: There is no context fra.\nhint: There are: local, far;")


def test_contexts_can_be_listed_whatever_the_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong AANA_CONTEXT is found by listing."""
    monkeypatch.setenv("AANA_CONTEXT", "gone")

    assert run("context", "list").exit_code == 0
    assert run("context", "show").exit_code == 2


def test_the_page_holds(monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    """Each command of docs/contexts.md works, and both files that it shows can be used."""
    page = (Path(__file__).parents[2] / "docs" / "contexts.md").read_text()
    monkeypatch.chdir(machine)
    [commands] = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for command in commands.splitlines():
        result = run(*shlex.split(os.path.expandvars(command))[1:])
        assert result.exit_code == 0, f"{command}: {result.stderr}"
    assert {"gpu-box", "prod"} == set(read_contexts().contexts)

    contexts, access = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    contexts_file().write_text(contexts)
    for saved in read_contexts().contexts.values():
        saved.address()
    rules = AccessSettings.model_validate(tomllib.loads(access)["access"])
    assert {"ann": Role.ADMIN, "ben": Role.VIEWER, "dashboard": Role.VIEWER} == rules.listed


def test_a_user_has_one_role() -> None:
    """Two lists with the same name say nothing, so the daemon does not start with them."""
    with pytest.raises(ValueError, match="ann can have one role only"):
        AccessSettings(admins=("ann",), viewers=("ann",))
