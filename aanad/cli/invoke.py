"""A test request to an endpoint, from the shell."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aanad.cli.outcomes import ExitCode, report_problem
from aanad.cli.session import Session, pass_session, project_argument, session_options

if TYPE_CHECKING:
    from aanad.client import Answer


@click.command()
@project_argument
@click.argument("endpoint")
@click.option("-d", "--data", metavar="JSON|@FILE|-", help="The request as JSON; - reads standard input.")
@click.option("--file", "files", multiple=True, metavar="NAME=PATH", help="A file of the form; may be given again.")
@click.option("--form", "fields", multiple=True, metavar="KEY=VALUE", help="A field of the form; may be given again.")
@click.option("--accept", metavar="TYPE", default="*/*", help="The media type that is wanted: image/jpeg, say.")
@click.option("--stream", is_flag=True, help="Print the answer as it arrives.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the answer's bytes to a file.")
@session_options
@pass_session
def invoke(
    session: Session,
    project: str,
    endpoint: str,
    data: str | None,
    files: tuple[str, ...],
    fields: tuple[str, ...],
    accept: str,
    out: Path | None,
    *,
    stream: bool,
) -> None:
    """Send a request to an endpoint and print its answer.

    \b
    aana invoke lowercase lowercase --data '{"text": ["ABC"]}'
    aana invoke asr transcribe --file media=talk.wav --form language=de
    aana invoke studio picture --data '{}' --accept image/jpeg --out dog.jpg
    """
    from aanad.client import Invocation

    invocation = Invocation(
        data=_json(data) if data is not None else None,
        files=[(name, _existing(path)) for name, path in _pairs(files, "--file")],
        fields=_pairs(fields, "--form"),
        accept=accept,
    )
    with session.client() as client, client.invoke(project, endpoint, invocation) as answer:
        if answer.is_error:
            _report(session, answer)
        elif out is not None:
            _write(answer, out)
        else:
            _print(answer, stream=stream)


def _report(session: Session, answer: Answer) -> None:
    problem = answer.problem()
    if problem is not None:
        report_problem(problem, as_json=session.is_json)
    else:
        _print(answer, stream=False)
        click.echo(f"error: the endpoint answered {answer.status}", err=True)
    click.get_current_context().exit(ExitCode.FAILED)


def _write(answer: Answer, out: Path) -> None:
    try:
        with out.open("wb") as file:
            for chunk in answer.chunks():
                file.write(chunk)
    except OSError as error:
        raise click.BadParameter(f"{out} cannot be written: {error.strerror}.", param_hint="--out") from error


def _print(answer: Answer, *, stream: bool) -> None:
    """Print text for people on a terminal, and the very bytes anywhere else."""
    if sys.stdout.isatty():
        if not answer.is_text:
            raise click.UsageError(
                f"The answer is {answer.content_type or 'of no known type'}: write it to a file with --out."
            )
        _print_text(answer, stream=stream)
        return
    output = sys.stdout.buffer
    last = b"\n"
    for chunk in answer.chunks():
        output.write(chunk)
        output.flush()
        last = chunk[-1:] or last
    if answer.is_text and last != b"\n":
        output.write(b"\n")
        output.flush()


def _print_text(answer: Answer, *, stream: bool) -> None:
    from codecs import getincrementaldecoder

    from aanad.client import sanitise

    if not stream:
        text = answer.read().decode(errors="replace")
        if "json" in answer.content_type and "\n" not in text.strip():
            with suppress(ValueError):  # Whatever it is then, the user shall see it.
                text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        click.echo(sanitise(text, lines=True))
        return
    decoder = getincrementaldecoder("utf-8")(errors="replace")
    for chunk in answer.chunks():
        click.echo(sanitise(decoder.decode(chunk), lines=True), nl=False)
    click.echo()


def _json(given: str) -> bytes:
    if given == "-":
        text = sys.stdin.buffer.read()
    elif given.startswith("@"):
        text = _existing(given[1:]).read_bytes()
    else:
        text = given.encode()
    try:
        json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"This is not JSON: {error}.", param_hint="--data") from error
    return text


def _pairs(given: tuple[str, ...], option: str) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in given]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise click.BadParameter(f"{name!r} is not of the form name=value.", param_hint=option)
    return [(name, value) for name, _, value in pairs]


def _existing(path: str) -> Path:
    found = Path(path).expanduser()
    if not found.is_file():
        raise click.BadParameter(f"There is no file {path}.")
    return found
