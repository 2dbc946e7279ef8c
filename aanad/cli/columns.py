"""Columns that fit the width of a screen: first they come closer, then texts are shortened, then whole columns go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from aanad.cli.cells import pad, shorten, width
from aanad.cli.tables import PHASE_COLOURS, is_coloured
from aanad.client.terminal import sanitise

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    right: bool = False
    """Numbers stand at the right."""
    least: int | None = None
    """Cells may be shortened to so many columns; None where half of one would be of no use."""
    rank: int = 0
    """Where there is no room the column of the lowest rank goes first."""
    optional: bool = False
    """It is left out where it says nothing of any row."""
    colour: str | None = None
    """Of its cells that are not ``0`` and not ``-``."""


def fitted(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int | None) -> list[str]:
    """A table's lines: the titles, then a line a row.

    Args:
        columns: from left to right; the first one never goes.
        rows: cells as they came, sanitised here.
        room: the screen's columns; without limit where not given.
    """
    cells = [[sanitise(cell) for cell in row] for row in rows]
    telling = [
        not column.optional or any(row[index] not in {"", "-"} for row in cells) for index, column in enumerate(columns)
    ]
    columns = [column for column, tells in zip(columns, telling, strict=True) if tells]
    cells = [[cell for cell, tells in zip(row, telling, strict=True) if tells] for row in cells]
    titles = [column.title for column in columns]
    widths = [max(map(width, each)) for each in zip(titles, *cells, strict=True)]
    kept, widths, gap = _fit(columns, widths, room)
    head = _line([pad(titles[index], widths[index], right=columns[index].right) for index in kept], gap)
    lines = [click.style(head, bold=True) if is_coloured() else head]
    lines += [
        _line([_cell(columns[index], row[index], widths[index], is_last=index == kept[-1]) for index in kept], gap)
        for row in cells
    ]
    return lines


def _fit(columns: Sequence[Column], widths: list[int], room: int | None) -> tuple[list[int], list[int], int]:
    """Which columns stay, how wide they are, and how far apart."""
    kept = list(range(len(columns)))
    if room is None or _taken(kept, widths, 2) <= room:
        return kept, widths, 2
    while True:
        narrowed = list(widths)
        for index in sorted(kept, key=lambda index: columns[index].rank):
            least = columns[index].least
            if least is not None and (excess := _taken(kept, narrowed, 1) - room) > 0:
                narrowed[index] = max(min(narrowed[index], least), narrowed[index] - excess)
        if _taken(kept, narrowed, 1) <= room or len(kept) == 1:
            return kept, narrowed, 1
        kept.remove(min(kept[1:], key=lambda index: columns[index].rank))


def _taken(kept: Sequence[int], widths: Sequence[int], gap: int) -> int:
    return sum(widths[index] for index in kept) + gap * (len(kept) - 1)


def _line(cells: Sequence[str], gap: int) -> str:
    return (" " * gap).join(cells).rstrip()


def _cell(column: Column, cell: str, columns: int, *, is_last: bool) -> str:
    text = shorten(cell, columns)
    colour = column.colour if cell not in {"", "-", "0"} else None
    colour = PHASE_COLOURS.get(cell) or colour
    coloured = click.style(text, fg=colour) if colour and is_coloured() else text
    return coloured if is_last and not column.right else pad(coloured, columns, right=column.right)
