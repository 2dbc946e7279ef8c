"""What the command says of itself."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from aanad.cli.main import aana


@pytest.mark.parametrize("verb", [[], *([name] for name in aana.commands)])
def test_help_is_for_people(verb: list[str]) -> None:
    """Every verb explains itself in plain characters, and each of its options has a text."""
    done = CliRunner().invoke(aana, [*verb, "--help"])

    assert done.exit_code == 0
    assert "\\b" not in done.output
    assert all(character.isprintable() or character == "\n" for character in done.output)
    command = aana.commands[verb[0]] if verb else aana
    assert command.help
    assert [o.name for o in command.params if isinstance(o, click.Option) and not o.help] == []
