"""All projects: phase, readiness, revision, GPUs, load."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aana_tui.actions.action import Scope, Target
from aana_tui.figures import NOTHING, clean, indexes, milliseconds, rate
from aana_tui.places import Place
from aana_tui.screens.phases import FAULTS, phase_cell, severity
from aana_tui.screens.table_view import TableView
from aana_tui.widgets.live_table import LiveTable
from aana_tui.widgets.rows import Cell, Column, Row, RowCache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aana_tui.widgets.detail import Line
    from aanad.wire.projects import Project
    from aanad.wire.request_stats import RequestStats

COLUMNS = [
    Column("name", "NAME", 20, most=48),
    Column("phase", "PHASE", 10),
    Column("ready", "READY", 5, right=True),
    Column("rev", "REV", 6, rank=1),
    Column("gpu", "GPU", 8, rank=2),
    Column("req/s", "REQ/S", 6, right=True, rank=3),
    Column("p95", "P95", 7, right=True, rank=4),
]


class ProjectsView(TableView):
    """The first view."""

    SCOPES: ClassVar = (Scope.TABLES, Scope.PROJECTS)
    TOPICS: ClassVar = ("projects", "requests", "replicas", "operations", "events")

    def __init__(self) -> None:
        super().__init__()
        self._rows = RowCache(_row)

    def make_table(self) -> LiveTable:
        """All projects."""
        return LiveTable(COLUMNS, title="Projects", id="projects")

    def show(self) -> None:
        """Show all projects."""
        store = self.session.store
        gpus: dict[str, set[int]] = {}
        for replica in store.replicas():
            gpus.setdefault(replica.project, set()).update(replica.gpus)
        stats = {one.project: one for one in store.request_stats() if one.kind == "project"}
        table = self.table
        table.empty = "No projects yet: `aana deploy FOLDER` brings one." if store.is_known else ""
        table.apply(
            [
                self._rows.row(one.name, one, stats.get(one.name), indexes(gpus.get(one.name, ())))
                for one in store.projects()
            ]
        )
        self._rows.sweep()
        self.show_selected()

    def detail(self) -> Iterable[Line]:
        """All of it that is known without asking."""
        project = self._project()
        if project is None:
            return
        from aana_tui.screens import project_lines as lines

        store = self.session.store
        stats = lines.by_name(store.request_stats())
        status = store.status()
        yield lines.heading(clean(project.name))
        yield from lines.standing(project)
        for operation in store.operations():
            if operation.project == project.name and (not operation.state.is_final or project.phase in FAULTS):
                yield from ((), *lines.operation_lines(operation))
                break
        address = f"{status.serve_url}{project.route_prefix}" if status is not None else project.route_prefix
        yield from ((), (Cell("route  "), Cell(clean(address), "accent")))
        yield from lines.endpoint_lines(project, stats)
        own = [one for one in store.replicas() if one.project == project.name]
        yield from lines.deployment_lines(project, own, stats)
        yield from lines.event_lines((one for one in store.events() if one.project == project.name), last=6)

    def why(self) -> Line:
        """Why the selected project is not well."""
        from aana_tui.screens.project_lines import why_line

        project = self._project()
        return why_line(project) if project is not None else ()

    def targets(self) -> list[Target]:
        """The marked projects, or the one under the cursor."""
        projects = {project.name: project for project in self.session.store.projects()}
        return [self._target(projects[key]) for key in self.table.chosen_keys if key in projects]

    def do_open(self) -> None:
        """Open the project."""
        key = self.table.cursor_key
        if key is not None:
            self.console.go(Place("project", project=key))

    def _project(self) -> Project | None:
        key = self.table.cursor_key
        return next((project for project in self.session.store.projects() if project.name == key), None)

    def _target(self, project: Project) -> Target:
        row = self.table.row(project.name)
        return Target(
            "project", project.name, clean(project.name), project=project.name, revision=project.revision,
            etag=project.etag or None, json=project.model_dump_json(indent=2), row=row.line if row else "",
        )  # fmt: skip


def _row(project: Project, stats: RequestStats | None, gpus: str) -> Row:
    is_stopped = project.phase == "stopped"
    per_second = None if stats is None or is_stopped else stats.rate
    p95 = None if stats is None or is_stopped else stats.p95_ms
    is_short = project.ready < project.replicas and not is_stopped
    return Row(
        project.name,
        (
            Cell(clean(project.name)),
            phase_cell(project.phase),
            Cell(f"{project.ready}/{project.replicas}", "warn" if is_short else ""),
            Cell(clean(project.revision)[:6], "dim"),
            Cell(gpus),
            Cell(rate(per_second)),
            Cell(milliseconds(p95)),
        ),
        (
            project.name, severity(project.phase), project.ready / max(1, project.replicas), project.revision,
            None if gpus == NOTHING else gpus, per_second, p95,
        ),
        is_fault=project.phase in FAULTS,
        more=f"{project.reason} {project.message[:300]}",
    )  # fmt: skip
