"""A window that lists who wrote the records of a log, and lets some of them be hidden."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.widgets import Static

from aana_tui.screens.dialogs.dialog import Dialog
from aana_tui.widgets.live_table import Cell, Column, LiveTable, Row

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aana_tui.state.log_ring import LogRing

_COLUMNS = [Column("shown", "", 1), Column("name", "FROM", 40), Column("records", "RECORDS", 8, right=True)]


def origins(ring: LogRing) -> Counter[str]:
    """Who wrote how many of the records that are here."""
    return Counter(entry.origin for entry in ring.entries() if not entry.is_mark and not entry.is_void)


class SourcePicker(Dialog[frozenset[str] | None]):
    """Gives the origins that are hidden; None where nothing was changed.

    Args:
        counts: all origins, and how many records each has.
        hidden: those that are hidden now.
    """

    BINDINGS: ClassVar = [
        ("escape,q", "cancel", "Cancel"),
        ("enter", "done", "Done"),
        ("space", "change", "Show or hide"),
        ("asterisk", "change_all", "All or none"),
        ("o", "only", "Only this"),
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
    ]

    def __init__(self, counts: Counter[str], hidden: frozenset[str]) -> None:
        super().__init__()
        self._counts = counts
        self._names = sorted({*counts, *hidden})
        self._hidden = set(hidden)

    def compose(self) -> ComposeResult:
        """A table with its keys beneath."""
        with Vertical(id="log-sources"):
            yield LiveTable(_COLUMNS, empty="No records yet.", id="log-sources-table")
            yield Static("space show/hide   o only this   * all   enter done   esc cancel", markup=False)

    def begin(self) -> None:
        """The keys belong to the table."""
        self._table.focus()
        self._show()

    @property
    def _table(self) -> LiveTable:
        return self.query_one("#log-sources-table", LiveTable)

    def _show(self) -> None:
        self._table.apply(
            [
                Row(name, (Cell(" " if name in self._hidden else "✓"), Cell(name), Cell(f"{self._counts[name]:,}")))
                for name in self._names
            ]
        )

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        if rows > 0:
            self._table.do_down()
        else:
            self._table.do_up()

    def action_change(self) -> None:
        """Show or hide what the cursor is on."""
        if (key := self._table.cursor_key) is not None:
            self._hidden ^= {key}
            self._show()

    def action_change_all(self) -> None:
        """Show all; or none, where all are shown."""
        self._hidden = set() if self._hidden else set(self._names)
        self._show()

    def action_only(self) -> None:
        """Show only what the cursor is on."""
        if (key := self._table.cursor_key) is not None:
            self._hidden = {*self._names} - {key}
            self._show()

    def action_done(self) -> None:
        """Take it over."""
        self.dismiss(frozenset(self._hidden))

    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)
