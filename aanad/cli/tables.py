"""What goes to standard output: tables for people, JSON for programs. Every cell is sanitised here."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from aanad.cli.cells import pad, width
from aanad.client.terminal import sanitise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

_BLOCKS = "▁▂▃▄▅▆▇█"
MIN_FOLD = 24
"""Columns that a folded last column needs to be readable."""
PHASE_COLOURS = {
    "running": "green",
    "starting": "yellow",
    "pending": "yellow",
    "updating": "yellow",
    "stopping": "yellow",
    "degraded": "magenta",
    "failed": "red",
    "unknown": "red",
    "stopped": "bright_black",
}


def print_json(value: BaseModel | Sequence[BaseModel]) -> None:
    """Print models as JSON; beyond ASCII it is escaped, so nothing in it can steer a terminal."""
    if isinstance(value, list | tuple):
        click.echo(json.dumps([item.model_dump(mode="json") for item in value], indent=2))
    else:
        click.echo(json.dumps(value.model_dump(mode="json"), indent=2))  # type: ignore[union-attr]


def print_object(value: Mapping[str, object] | Sequence[Mapping[str, object]]) -> None:
    """Print what is no model of the wire as JSON."""
    click.echo(json.dumps(value, indent=2))


def print_json_line(value: BaseModel) -> None:
    """Print one model as one line of a stream."""
    click.echo(json_line(value))


def json_line(value: BaseModel) -> str:
    """One model as one line of a stream."""
    return json.dumps(value.model_dump(mode="json"))


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """Print aligned columns; on a terminal in colour, without columns that say nothing, the last one folded.

    No cell is ever shortened: a name that cannot be copied from a table is of no use.

    Args:
        titles: upper-case column titles.
        rows: cells as they came; they are sanitised here.
        empty: what to say on standard error where there are no rows.
    """
    if not rows:
        click.echo(empty, err=True)
        return
    for line in table_lines(titles, rows):
        click.echo(line)


def table_lines(titles: Sequence[str], rows: Sequence[Sequence[str]], *, columns: int | None = None) -> list[str]:
    """The lines of a table, as `print_table` prints them.

    Args:
        titles: upper-case column titles.
        rows: cells as they came, at least one row; they are sanitised here.
        columns: of the terminal, where it is known; else standard output is looked at.
    """
    cells = [[sanitise(cell) for cell in row] for row in rows]
    if columns is None and not sys.stdout.isatty():
        return _aligned([titles, *cells])
    return _on_terminal(list(titles), cells, columns or shutil.get_terminal_size().columns)


def is_coloured() -> bool:
    """Whether standard output is a terminal whose user wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = _widths(rows)
    return ["  ".join(pad(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip() for row in rows]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(width, column)) for column in zip(*rows, strict=True)]


def _on_terminal(titles: Sequence[str], cells: Sequence[Sequence[str]], columns: int) -> list[str]:
    telling = [any(cell not in {"", "-"} for cell in column) for column in zip(*cells, strict=True)]
    rows = [[cell for cell, tells in zip(row, telling, strict=True) if tells] for row in [titles, *cells]]
    *widths, _ = _widths(rows)
    indent = sum(widths) + 2 * len(widths)
    room = columns - indent
    lines: list[str] = []
    for number, row in enumerate(rows):
        *first, last = row
        padded = [_styled(pad(cell, taken)) for cell, taken in zip(first, widths, strict=True)]
        folded = textwrap.wrap(last, room) if room >= MIN_FOLD else [last]
        line = "  ".join([*padded, _styled(folded[0] if folded else "")]).rstrip()
        lines.append(click.style(line, bold=True) if number == 0 and is_coloured() else line)
        lines += [" " * indent + rest for rest in folded[1:]]
    return lines


def _styled(cell: str) -> str:
    colour = PHASE_COLOURS.get(cell.strip())
    return click.style(cell, fg=colour) if colour and is_coloured() else cell


def age(since: datetime | None) -> str:
    """How long ago, in the largest unit that fits."""
    if since is None:
        return "-"
    seconds = max(0, int((datetime.now(UTC) - since).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def size(count: int | None) -> str:
    """Bytes for people."""
    if count is None:
        return "-"
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:  # noqa: PLR2004 - the next unit
            return f"{amount:.0f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def percent(value: float | None) -> str:
    """Whole percents; a dash where nothing was measured."""
    return "-" if value is None else f"{value:.0f} %"


def sparkline(values: Sequence[float | None], highest: float | None = None) -> str:
    """One block a value, a dot where nothing was measured.

    Args:
        values: oldest first.
        highest: what a full block stands for; the highest value where not given.
    """
    top = highest or max((value for value in values if value is not None), default=0.0) or 1.0
    last = len(_BLOCKS) - 1
    return "".join("·" if value is None else _BLOCKS[max(0, min(last, round(value / top * last)))] for value in values)
