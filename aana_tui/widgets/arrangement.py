"""Which rows of a table are seen, and in which order; knows no widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from aana_tui.state.filters import Filter, read_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aana_tui.widgets.rows import Column, Row


class Sort(NamedTuple):
    """By which column rows are sorted."""

    key: str
    is_reverse: bool = False


class Arrangement:
    """All rows that a table was told, and those of them that it shows.

    Rows that are there keep their order until `settle` is called; new ones are put where they belong.

    Args:
        columns: of the table.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._keys = [column.key for column in columns]
        self._places = {key: index for index, key in enumerate(self._keys)}
        self.all: list[Row] = []
        self.shown: list[Row] = []
        self.sort: Sort | None = None
        """None: the order in which the rows are told."""
        self.filter = Filter()
        self.faults_only = False
        self._matched: dict[str, tuple[Row, bool]] = {}
        self._order: list[str] = []

    def tell(self, rows: Sequence[Row]) -> None:
        """These are all rows."""
        self.all = list(rows)
        self._arrange()

    def set_filter(self, text: str) -> None:
        """Show only what a filter lets through; one with an error lets everything through."""
        self.filter = read_filter(text, self._keys)
        self._matched = {}
        self._arrange()

    def set_faults_only(self, *, faults_only: bool) -> None:
        """Show only what is not well, or everything."""
        self.faults_only = faults_only
        self._arrange()

    def set_sort(self, sort: Sort | None) -> None:
        """Sort, at once."""
        self.sort = sort
        self.settle()

    def settle(self) -> None:
        """Sort anew."""
        self._order = []
        self._arrange()

    @property
    def is_settled(self) -> bool:
        """Whether the order is that of the values as they are now."""
        return self.sort is None or self.shown == self._sorted(self.shown)

    def _arrange(self) -> None:
        rows = self.all if self.sort is None else self._in_order()
        if self.faults_only:
            rows = [row for row in rows if row.is_fault]
        if self.filter.tests:
            rows = [row for row in rows if self._passes(row)]
        self.shown = rows

    def _in_order(self) -> list[Row]:
        """All rows as they were, with the new ones where they belong."""
        if not self._order:
            ordered = self._sorted(self.all)
        else:
            rows = {row.key: row for row in self.all}
            ordered = [rows[key] for key in self._order if key in rows]
            before = set(self._order)
            for row in self._sorted([row for row in self.all if row.key not in before]):
                ordered.insert(self._place_of(row, ordered), row)
        self._order = [row.key for row in ordered]
        return ordered

    def _sorted(self, rows: Sequence[Row]) -> list[Row]:
        if self.sort is None:
            return list(rows)
        # Two stable sorts: what has no value stands last, whichever way it goes.
        ordered = sorted(rows, key=self._value, reverse=self.sort.is_reverse)
        return sorted(ordered, key=lambda row: self._value(row)[0] == _NO_VALUE)

    def _place_of(self, row: Row, ordered: Sequence[Row]) -> int:
        value = self._value(row)
        if value[0] != _NO_VALUE and self.sort is not None:
            for index, other in enumerate(ordered):
                there = self._value(other)
                if there[0] == _NO_VALUE or (there < value if self.sort.is_reverse else there > value):
                    return index
        return len(ordered)

    def _value(self, row: Row) -> tuple[int, Any]:
        assert self.sort is not None  # noqa: S101 - only asked where something is sorted by
        index = self._places[self.sort.key]
        value = row.values[index] if index < len(row.values) else row.cells[index].text.casefold()
        if value is None:
            return _NO_VALUE, ""
        return (_NUMBER, value) if isinstance(value, (int, float)) else (_TEXT, str(value))

    def _passes(self, row: Row) -> bool:
        known = self._matched.get(row.key)
        if known is not None and known[0] is row:
            return known[1]
        values = {key: cell.text for key, cell in zip(self._keys, row.cells, strict=True)}
        passes = self.filter.matches(f"{row.line} {row.more}", values)
        self._matched[row.key] = row, passes
        return passes


_NUMBER, _TEXT, _NO_VALUE = range(3)
