"""Logs of replicas, of Ray and of the daemon, merged in the order of time."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aanad.cli.session import Session, pass_session, project_names, session_options
from aanad.cli.tables import is_coloured, json_line
from aanad.errors import Failed, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aanad.client.log_streams import LogStream
    from aanad.wire.logs import LogRecord

_LEVEL_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red", "DEBUG": "bright_black"}
_LEVELS = ("debug", "info", "warning", "error", "critical")
_SOURCES = ("serve", "stdout", "stderr", "build", "crash", "controller", "ray", "daemon")
MAX_TAIL = 100_000


class _Tail(click.ParamType):  # type: ignore[type-arg]
    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """A number, or ``all``."""
        if value == "all":
            return "all"
        number: int = click.IntRange(0, MAX_TAIL).convert(value, param, ctx)
        return number


@click.command()
@click.argument("projects", metavar="[PROJECT]...", nargs=-1, shell_complete=project_names)
@click.option("-f", "--follow", is_flag=True, help="Go on with new records until Ctrl-C.")
@click.option("--tail", type=_Tail(), default=200, show_default=True, help="How many records to begin with.")
@click.option("--since", metavar="TIME", help="Only from then on: 2026-01-02T03:04:05Z, or 10m for ten minutes ago.")
@click.option("--until", metavar="TIME", help="Only up to then.")
@click.option("--level", type=click.Choice(_LEVELS), help="At least this severe.")
@click.option("--grep", metavar="REGEX", help="Only messages that match; the syntax is RE2's.")
@click.option("--deployment", help="Only this deployment.")
@click.option("--replica", help="Only this replica: its id, or the last characters of it.")
@click.option("--source", multiple=True, type=click.Choice(_SOURCES), help="Only this source; may be repeated.")
@click.option(
    "--cursor-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Begin after what this file says, and keep it up to date: each record is printed by one run only.",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, which appears when it is complete; all records, unless --tail says otherwise.",
)
@session_options
@pass_session
@click.pass_context
def logs(
    ctx: click.Context,
    session: Session,
    /,
    projects: tuple[str, ...],
    tail: int | str,
    cursor_file: Path | None,
    save: Path | None,
    **options: Any,
) -> None:
    """Print the logs of projects, or of the whole box; with -o json one record a line.

    A ~ before the time marks a line that carries none, and stands where it arrived.
    """
    if save is not None and options["follow"]:
        raise click.UsageError("--save writes what is there; it does not go with --follow.")
    if save is not None and ctx.get_parameter_source("tail") is click.core.ParameterSource.DEFAULT:
        tail = "all"
    cursor = _saved_cursor(cursor_file) if cursor_file is not None else None
    with session.client() as client:
        stream = client.logs(*projects, tail=tail, cursor=cursor, **options)  # type: ignore[arg-type]
        with _output(save) as write, _kept_cursor(cursor_file, stream):
            for record in stream:
                write(json_line(record) if session.is_json else _line(record, coloured=save is None and is_coloured()))


def _unusable(path: Path, wanted: str, error: OSError) -> Failed:
    return Failed(
        f"{path} cannot be {wanted}: {error.strerror}.",
        hint="Name another file, or mend its folder, its rights or its disk.",
        code="file_unusable",
    )


@contextmanager
def _output(save: Path | None) -> Iterator[Callable[[str], None]]:
    """Where lines go; a file gets its name when it is complete."""
    if save is None:
        yield click.echo
        return
    part = save.with_name(f".{save.name}.part-{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", errors="replace") as file:
            yield lambda line: print(line, file=file)
        part.replace(save)
    except OSError as error:
        raise _unusable(save, "written", error) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _kept_cursor(path: Path | None, stream: LogStream) -> Iterator[None]:
    """Note how far the stream was printed, also where it is interrupted."""
    before = stream.cursor
    try:
        yield
    except InvalidInput as error:
        if path is None or error.code != "invalid_cursor":
            raise
        hint = f"Remove {path} to begin anew, or name a file that an earlier --cursor-file kept."
        raise InvalidInput(error.message, hint=hint, code=error.code) from error
    finally:
        if path is not None and (cursor := stream.cursor) not in {None, before}:
            with suppress(OSError):
                sys.stdout.flush()
            part = path.with_name(f".{path.name}.part-{os.getpid()}")
            try:
                part.write_text(f"{cursor}\n", encoding="ascii")
                part.replace(path)
            except OSError as error:
                raise _unusable(path, "written", error) from error
            finally:
                part.unlink(missing_ok=True)


def _saved_cursor(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, "read", error) from error


def _line(record: LogRecord, *, coloured: bool) -> str:
    from aanad.client import sanitise

    where = "/".join(filter(None, (record.project, record.deployment))) or record.source
    if record.replica:
        where = f"{where}#{record.replica[-8:]}"
    level = sanitise(record.level or "-")
    # Lines after the first, a traceback's say, are indented: a record is then seen as one.
    message = sanitise(record.message.rstrip("\n"), lines=True).replace("\n", "\n    ")
    if coloured:
        where = click.style(sanitise(where), fg="cyan")
        level = click.style(level, fg=_LEVEL_COLOURS.get(level.upper()))
    else:
        where = sanitise(where)
    mark = "~" if record.by_arrival else ""
    moment = f"{record.time:%Y-%m-%dT%H:%M:%S}.{record.time.microsecond // 1000:03d}Z"
    return f"{mark}{moment} {where} {level} {message}"
