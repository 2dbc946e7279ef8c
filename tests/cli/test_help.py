"""What the command says of itself."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from aanad.cli.main import aana


def verbs(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The command, its verbs, and theirs."""
    yield words
    if isinstance(command, click.Group):
        for name, verb in command.commands.items():
            yield from verbs(verb, (*words, name))


@pytest.mark.parametrize("verb", list(verbs(aana)), ids=" ".join)
def test_help_is_for_people(verb: tuple[str, ...]) -> None:
    """Every verb explains itself in plain characters, and each of its options has a text."""
    done = CliRunner().invoke(aana, [*verb, "--help"])

    assert done.exit_code == 0
    assert "\\b" not in done.output
    assert all(character.isprintable() or character == "\n" for character in done.output)
    assert "--context" in done.output
    assert "--output" in done.output
    command: click.Command = aana
    for name in verb:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert command.help
    assert [o.name for o in command.params if isinstance(o, click.Option) and not o.help] == []
