"""The first screen: all projects, and beside them the selected one's replicas and events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from aanad.client import sanitise

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aana_tui.link import Snapshot
    from aanad.wire.projects import Project

COLUMNS = (("NAME", 15), ("PHASE", 10), ("READY", 5), ("REVISION", 12), ("ROUTE", 14), ("MESSAGE", 60))
NO_PROJECTS = "No projects yet: `aana deploy FOLDER` makes the first one."
MARKS = {
    "running": ("●", "green"),
    "updating": ("◐", "yellow"),
    "starting": ("◐", "yellow"),
    "pending": ("◐", "yellow"),
    "stopping": ("◐", "yellow"),
    "degraded": ("▲", "magenta"),
    "failed": ("✖", "red"),
    "unknown": ("?", "red"),
    "stopped": ("○", ""),
}


class Projects(Screen[None]):
    """The table; from 100 columns on the detail beside it."""

    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-narrow"), (100, "-wide")]

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._cells: dict[str, list[Text]] = {}

    def compose(self) -> ComposeResult:
        """Title, banner, table and detail, keys."""
        yield Static(f"aana ▸ {sanitise(self._address)} ▸ projects", id="title", markup=False)
        yield Static("", id="banner", markup=False)
        with Horizontal():
            yield DataTable[Text](cursor_type="row", id="projects")
            yield Static("", id="detail", markup=False)
        yield Static("", id="why", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Columns have fixed widths: measuring them anew repaints everything."""
        table = self._table()
        for title, width in COLUMNS:
            table.add_column(title, key=title, width=width)
        table.focus()

    def selected(self) -> str | None:
        """The project under the cursor."""
        table = self._table()
        if not table.row_count:
            return None
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value

    def show(self, seen: Snapshot) -> None:
        """Touch only what changed; the cursor stays on its project."""
        table = self._table()
        rows = {project.name: _row(project) for project in seen.projects}
        for name in set(self._cells) - set(rows):
            table.remove_row(name)
        for name, cells in rows.items():
            if name not in self._cells:
                table.add_row(*cells, key=name)
                continue
            for (title, _), cell, old in zip(COLUMNS, cells, self._cells[name], strict=True):
                if cell != old:
                    table.update_cell(name, title, cell)
        self._cells = rows
        project = next((one for one in seen.projects if one.name == seen.selected), None)
        self.query_one("#detail", Static).update(_detail(project, seen) if project else Text())
        self.query_one("#why", Static).update(_why(project) if project else Text(NO_PROJECTS))

    def warn(self, text: str) -> None:
        """Say above the table that what it shows is old; nothing takes it away."""
        banner = self.query_one("#banner", Static)
        banner.update(sanitise(text))
        banner.display = bool(text)
        self._table().set_class(bool(text), "-old")

    def _table(self) -> DataTable[Text]:
        return self.query_one("#projects", DataTable)


def _row(project: Project) -> list[Text]:
    mark, style = MARKS[project.phase]
    message = " ".join(filter(None, (project.message, project.hint if project.phase == "failed" else "")))
    return [
        Text(sanitise(project.name)),
        Text(f"{mark} {project.phase}", style=style),
        Text(f"{project.ready}/{project.replicas}"),
        Text(sanitise(project.revision or "-")),
        Text(sanitise(project.route_prefix)),
        Text(sanitise(message)),
    ]


def _why(project: Project) -> Text:
    """In narrow terminals too, where the table's last column ends beyond the edge."""
    text = f"{project.name}: {project.phase} ({project.reason}) {project.message} {project.hint}"
    return Text(sanitise(text).rstrip())


def _detail(project: Project, seen: Snapshot) -> Text:
    lines = ["REPLICAS"]
    lines += [
        f" {one.deployment} {one.id} {one.phase} pid {one.pid or '-'} restarts {one.restarts}" for one in seen.replicas
    ] or [" none"]
    lines += ["", "ENDPOINTS", *(f" POST {project.route_prefix}{one.path}" for one in project.endpoints)]
    lines += ["", "LAST EVENTS", *(f" {event.time:%H:%M:%S} {event.message}" for event in seen.events)]
    return Text("\n".join(map(sanitise, lines)))
