"""All projects: phase, readiness, revision, GPUs, load."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aana_tui.actions.action import Scope, Target
from aana_tui.places import Place
from aana_tui.screens.view import View
from aana_tui.tones import PHASES
from aana_tui.widgets.live_table import Cell, Column, LiveTable, Row
from aanad.client import sanitise

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aanad.wire.projects import Project

COLUMNS = [Column("name", "NAME", 20), Column("phase", "PHASE", 10), Column("ready", "READY", 5, right=True)]


class ProjectsView(View):
    """The first view."""

    SCOPES: ClassVar = (Scope.TABLES, Scope.PROJECTS)
    TOPICS: ClassVar = ("projects", "requests", "replicas")

    def compose(self) -> ComposeResult:
        """One table."""
        yield LiveTable(COLUMNS, empty="No projects yet: `aana deploy FOLDER` brings one.", id="projects")

    def main(self) -> LiveTable:
        """The table."""
        return self.query_one("#projects", LiveTable)

    def show(self) -> None:
        """Show all projects."""
        self.main().apply([_row(project) for project in self.session.store.projects()])

    def targets(self) -> list[Target]:
        """The marked projects, or the one under the cursor."""
        projects = {project.name: project for project in self.session.store.projects()}
        return [_target(projects[key]) for key in self.main().chosen_keys if key in projects]

    def do_open(self) -> None:
        """Open the project."""
        for target in self.targets()[:1]:
            self.console.go(Place("project", project=target.project))


def _row(project: Project) -> Row:
    sign, tone = PHASES[project.phase]
    return Row(
        project.name,
        (
            Cell(sanitise(project.name)),
            Cell(f"{sign} {project.phase}", tone),
            Cell(f"{project.ready}/{project.replicas}"),
        ),
    )


def _target(project: Project) -> Target:
    return Target(
        "project", project.name, sanitise(project.name), project=project.name, etag=project.etag or None,
        json=project.model_dump_json(indent=2),
    )  # fmt: skip
