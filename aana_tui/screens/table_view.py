"""A view of one table: beside it what is selected, or, where there is no room, one line on why that is not well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal

from aana_tui.places import Place
from aana_tui.screens.view import View
from aana_tui.widgets.detail import Detail
from aana_tui.widgets.live_table import LiveTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.app import ComposeResult

    from aana_tui.widgets.detail import Line

WIDE = 120
"""Columns from which there is room for a pane beside the table."""


class TableView(View):
    """The table has the keys; enter, tab and escape lead into the pane and out of it."""

    def make_table(self) -> LiveTable:
        """The table."""
        raise NotImplementedError

    def detail(self) -> Iterable[Line]:
        """What the pane says of what is under the cursor."""
        return ()

    def why(self) -> Line:
        """What the one line says, where there is no pane."""
        return ()

    def compose(self) -> ComposeResult:
        """Table and pane; below them the line."""
        with Horizontal():
            yield self.make_table()
            yield Detail(classes="beside")
        why = Detail(classes="why")
        why.can_focus = False
        yield why

    @property
    def table(self) -> LiveTable:
        """The table."""
        return self.query_one(LiveTable)

    def main(self) -> LiveTable | Detail:
        """The pane while it is looked into, else the table."""
        pane = self.query_one(".beside", Detail)
        return pane if pane.has_focus else self.table

    def open(self, place: Place) -> None:
        """The table of another place, not the pane that was looked into."""
        self.remove_class("-looking")
        super().open(place)

    def set_filter(self, text: str) -> None:
        """Narrow the table."""
        self.table.set_filter(text)

    def look_into(self) -> None:
        """Give the keys to the pane, and where there is no room beside the table, the table's place."""
        pane = self.query_one(".beside", Detail)
        self.add_class("-looking")
        self.show_selected()
        pane.focus()

    def back(self) -> bool:
        """Out of the pane, where that is looked into."""
        was_looking = self.has_class("-looking")
        self.remove_class("-looking")
        if was_looking:
            self.table.focus()
        return was_looking

    def show_selected(self) -> None:
        """Say what is to be said of what is under the cursor, where it is seen."""
        if self.has_class("-wide") or self.has_class("-looking"):
            self.query_one(".beside", Detail).show(self.detail())
        for line in self.query(".why").results(Detail):
            line.show([self.why()])

    def on_resize(self, event: events.Resize) -> None:
        """Room for a pane, or none."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.show_selected()

    def on_live_table_highlighted(self) -> None:
        """Something else is selected."""
        self.query_one(".beside", Detail).go_up()
        self.show_selected()

    # Actions

    def do_next(self) -> None:
        """Into the pane, or out of it."""
        if not self.back():
            self.look_into()

    do_previous = do_next

    def do_logs(self) -> None:
        """The logs of all that is selected."""
        self._go_with_selected("logs")

    def do_events(self) -> None:
        """What happened to it."""
        self._go_with_selected("events")

    def do_placement(self) -> None:
        """The GPUs that it is on."""
        self._go_with_selected("gpus")

    def _go_with_selected(self, view: str) -> None:
        """Go to where all that is selected is seen: to the one replica, deployment or project that it belongs to."""
        targets = self.targets()
        names = [{getattr(target, kind) for target in targets} for kind in ("project", "deployment", "replica")]
        narrowed = []
        for one in names:
            if len(one) != 1:
                break
            narrowed.append(next(iter(one)))
        narrowed += [None] * (len(names) - len(narrowed))
        if targets:
            project, deployment, replica = narrowed
            self.console.go(Place(view, project=project, deployment=deployment, replica=replica))
