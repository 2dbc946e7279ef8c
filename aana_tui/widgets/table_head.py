"""What stands above a table's rows: how many there are and why not all, and the titles of the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from aana_tui.widgets.column_layout import GAP, fit
from aana_tui.widgets.rows import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aana_tui.widgets.arrangement import Arrangement
    from aana_tui.widgets.column_layout import Placed

AS_IT_COMES = "o"
"""The letter that stands for no column: the order in which the rows are told."""
_UNDERLINED = Style(underline=True)


def letters_of(columns: Sequence[Column]) -> dict[str, Column]:
    """The letter of each column: the first of its title that no column before it has."""
    letters: dict[str, Column] = {}
    for column in columns:
        free = [letter for letter in column.title.lower() if letter.isalnum() and letter not in {*letters, AS_IT_COMES}]
        if free:
            letters[free[0]] = column
    return letters


def question(letters: Mapping[str, Column]) -> tuple[Cell, ...]:
    """Which letter sorts by what."""
    named = "  ".join(f"{letter} {column.title}" for letter, column in letters.items())
    return Cell("sort by  ", "strong"), Cell(f"{AS_IT_COMES} as it comes  {named}", "accent")


def summary(title: str, arrangement: Arrangement, marks: set[str]) -> tuple[Cell, ...]:
    """How many rows there are, and what makes the table show less than it was told; nothing where there is neither."""
    says: list[Cell] = []
    marked = sum(row.key in marks for row in arrangement.shown) if marks else 0
    if marked:
        says.append(Cell(f", {marked} marked", "accent"))
    if arrangement.faults_only:
        says.append(Cell(", faults only", "warn"))
    if arrangement.filter.text:
        says.append(Cell(f", filter /{arrangement.filter.text}", "accent"))
    if arrangement.filter.error:
        says.append(Cell(f": {arrangement.filter.error}", "bad"))
    if not title and not says:
        return ()
    count, total = len(arrangement.shown), len(arrangement.all)
    counts = str(count) if count == total else f"{count} of {total}"
    return Cell(f"{title} {counts}".lstrip(), "strong"), *says


def nothing(arrangement: Arrangement, empty: str) -> str:
    """What is said where no row is shown."""
    if not arrangement.all:
        return empty
    total = len(arrangement.all)
    if arrangement.faults_only and not arrangement.filter.text:
        return f"All {total} are well; F shows them."
    return f"The filter lets none of {total} through; escape clears it."


def titles(
    columns: Sequence[Column], placed: Sequence[Placed], arrangement: Arrangement, letters: Mapping[str, Column] | None
) -> Iterator[Segment]:
    """The columns' titles, the one that is sorted by with an arrow; with `letters`, those underlined."""
    by_key = {column.key: letter for letter, column in (letters or {}).items()}
    for place in placed:
        column = columns[place.at]
        text = fit(column.title, place.width, right=place.right)
        sort = arrangement.sort
        if sort is not None and sort.key == column.key:
            sign = "↓" if sort.is_reverse else "↑"
            text = fit(column.title[: place.width - 1] + sign, place.width, right=place.right)
        at = text.lower().find(by_key.get(column.key, "\0"))
        if at >= 0:
            yield from (Segment(text[:at]), Segment(text[at], _UNDERLINED), Segment(text[at + 1 :]))
        else:
            yield Segment(text)
        yield Segment(" " * GAP)
