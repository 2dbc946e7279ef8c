"""What tables are told: columns, and rows of cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Column(NamedTuple):
    """A column; what does not fit into its width is cut with an ellipsis."""

    key: str
    title: str
    width: int
    right: bool = False
    rank: int = 0
    """Where there is no room, columns of the highest rank go first; those of rank 0 stay."""
    most: int = 0
    """The width that it may grow to where there is room."""


class Cell(NamedTuple):
    """A harmless text (see `aanad.client.sanitise`) and its tone."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Row:
    """One row; `key` says what it is, whatever it says now."""

    key: str
    cells: tuple[Cell, ...]
    values: tuple[Any, ...] = field(default=(), compare=False)
    """What each column sorts by, None for nothing; the cells' texts where not given."""
    is_fault: bool = False
    """Whether it is shown where only faults are."""
    more: str = ""
    """What the filter looks at besides the cells."""

    @property
    def line(self) -> str:
        """All of it in one line."""
        return " ".join(cell.text for cell in self.cells)


class RowCache:
    """Rows by what they were made of: what is the same as the last time is not made again.

    Args:
        make: makes a row.
    """

    def __init__(self, make: Callable[..., Row]) -> None:
        self._make = make
        self._known: dict[Hashable, tuple[tuple[Any, ...], Row]] = {}
        self._used: dict[Hashable, tuple[tuple[Any, ...], Row]] = {}

    def row(self, key: Hashable, *inputs: Any) -> Row:
        """The row of these inputs, which are compared by identity where they are not strings or tuples."""
        known = self._known.get(key)
        if known is None or not all(map(_is_same, known[0], inputs)):
            known = (inputs, self._make(*inputs))
        self._used[key] = known
        return known[1]

    def sweep(self) -> None:
        """Forget what was not asked for since the last sweep."""
        self._known, self._used = self._used, {}


def _is_same(one: Any, other: Any) -> bool:
    return one is other or (isinstance(one, (str, tuple, int, float)) and one == other)
