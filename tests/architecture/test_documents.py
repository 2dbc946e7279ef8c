"""Documents and settings that name each other stay in step."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click

from aanad.cli.main import aana
from aanad.wire.phase import Reason

REPOSITORY = Path(__file__).parents[2]


def test_every_setting_is_documented() -> None:
    """docs/settings.md is what the settings say of themselves, made by `python -m tests.architecture.settings_page`."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.architecture.settings_page"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert (REPOSITORY / "docs" / "settings.md").read_text() == made


def test_every_verb_is_documented() -> None:
    """docs/command.md has a row for each verb, and names each option of its own."""
    page = (REPOSITORY / "docs" / "command.md").read_text()
    verbs = [*aana.commands.items()]
    verbs += [
        (f"{name} {inner}", verb)
        for name, group in aana.commands.items()
        if isinstance(group, click.Group)
        for inner, verb in group.commands.items()
    ]

    assert [name for name, _ in verbs if not re.search(rf"^\| .*`(aana )?{name}\b", page, re.MULTILINE)] == []
    options = [(name, o.opts) for name, verb in verbs for o in verb.params if isinstance(o, click.Option)]
    assert [(name, opts) for name, opts in options if not any(opt in page for opt in opts)] == []


def test_every_reason_is_documented() -> None:
    """docs/lifecycle.md explains each stable code, and none that is not there."""
    page = (REPOSITORY / "docs" / "lifecycle.md").read_text()
    table = page[page.index("| reason |") :]

    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(Reason)


def test_constraints_pin_every_dependency() -> None:
    """What pyproject.toml asks for has a version in constraints.txt, but for the model extras."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=!~ ]", requirement)[0].lower().replace("_", "-") for requirement in asked}
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if "==" in line}

    assert names - pinned == set()
    assert "torch==2.13.0" in lines


def test_the_newest_migration_is_known_without_alembic() -> None:
    """HEAD, by which an up-to-date database is opened quickly, is what Alembic would find."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from aanad.store.migrations import HEAD

    config = Config()
    config.set_main_option("script_location", str(REPOSITORY / "aanad" / "store" / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
