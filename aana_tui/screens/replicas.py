"""Every replica of every project: where it runs, how it stands, what it uses, how often it died."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from aana_tui.actions.action import Scope, Target
from aana_tui.figures import NOTHING, age, clean, day_and_time, indexes, size, wall_clock
from aana_tui.screens.phases import FAULTS, phase_cell, severity
from aana_tui.screens.table_view import TableView
from aana_tui.widgets.live_table import LiveTable
from aana_tui.widgets.rows import Cell, Column, Row, RowCache

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aana_tui.places import Place
    from aana_tui.widgets.detail import Line
    from aanad.wire.projects import Replica

RECENT = timedelta(minutes=10)
"""How long a replica counts as not well after the one before it died."""
COLUMNS = [
    Column("project", "PROJECT", 15, most=32),
    Column("deployment", "DEPLOYMENT", 11, most=24),
    Column("id", "ID", 8, most=16),
    Column("node", "NODE", 12, rank=6, most=24),
    Column("pid", "PID", 7, right=True, rank=5),
    Column("phase", "PHASE", 10),
    Column("age", "AGE", 4, right=True, rank=2),
    Column("restarts", "RESTARTS", 8, right=True, rank=3),
    Column("exit", "LAST EXIT", 17, rank=7),
    Column("rss", "RSS", 5, right=True, rank=4),
    Column("gpu", "GPU", 5, right=True),
    Column("gpumem", "GPUMEM", 6, right=True, rank=1),
]


class ReplicasView(TableView):
    """A place's project and deployment narrow it; its replica is where the cursor begins."""

    SCOPES: ClassVar = (Scope.TABLES, Scope.PROJECTS)
    TOPICS: ClassVar = ("replicas", "projects")

    def __init__(self) -> None:
        super().__init__()
        self._rows = RowCache(_row)
        self._replicas: dict[str, Replica] = {}
        self._sought: str | None = None

    def make_table(self) -> LiveTable:
        """All replicas."""
        return LiveTable(COLUMNS, title="Replicas", id="replicas")

    def open(self, place: Place) -> None:
        """Narrow it, and look for the replica that is named."""
        if place.replica != self.place.replica:
            self._sought = place.replica
        super().open(place)

    def show(self) -> None:
        """Show all replicas of the place."""
        store, place = self.session.store, self.place
        self._replicas = {
            replica_key(one): one
            for one in store.replicas()
            if place.project in {None, one.project} and place.deployment in {None, one.deployment}
        }
        now = wall_clock()
        table = self.table
        table.empty = self._empty() if store.is_known else ""
        table.apply(
            [
                self._rows.row(key, key, one, age(one.started_at), _has_died_lately(one, now))
                for key, one in self._replicas.items()
            ]
        )
        self._rows.sweep()
        if self._sought is not None:
            key = next((key for key, one in self._replicas.items() if one.id == self._sought), None)
            if key is not None:
                self._sought = None
                table.move_to_key(key)
        self.show_selected()

    def detail(self) -> Iterable[Line]:
        """All of the selected one."""
        replica = self._selected()
        return replica_lines(replica) if replica is not None else ()

    def why(self) -> Line:
        """Why the selected one is not well, or how the one before it ended."""
        from aana_tui.screens.project_lines import why_line

        replica = self._selected()
        if replica is None:
            return ()
        if replica.last_exit is not None and not why_line(replica):
            return Cell(f" one died {age(replica.last_exit.at)} ago: ", "dim"), Cell(clean(replica.last_exit.message))
        return why_line(replica)

    def targets(self) -> list[Target]:
        """The marked replicas, or the one under the cursor."""
        etags = {project.name: project.etag or None for project in self.session.store.projects()}
        chosen = [(key, self._replicas[key]) for key in self.table.chosen_keys if key in self._replicas]
        rows = {row.key: row.line for row in self.table.rows}
        return [replica_target(one, etags.get(one.project), rows.get(key, "")) for key, one in chosen]

    def do_open(self) -> None:
        """Its logs: what one wants of a single replica."""
        self.do_logs()

    def _selected(self) -> Replica | None:
        return self._replicas.get(self.table.cursor_key or "")

    def _empty(self) -> str:
        if self.place.deployment or self.place.project:
            whose = "/".join(clean(part) for part in (self.place.project, self.place.deployment) if part)
            return f"{whose} has no replica now."
        return "No replica runs: `s` on a project starts it."


def replica_key(replica: Replica) -> str:
    """Unique among all replicas."""
    return f"{replica.project}/{replica.deployment}/{replica.id}"


def replica_target(replica: Replica, etag: str | None, row: str) -> Target:
    """A replica as what an action applies to."""
    return Target(
        "replica", replica_key(replica), clean(replica_key(replica)), project=replica.project,
        deployment=replica.deployment, replica=replica.id, etag=etag, json=replica.model_dump_json(indent=2), row=row,
    )  # fmt: skip


def replica_lines(replica: Replica) -> Iterable[Line]:
    """All that is known of a replica."""
    from aana_tui.screens import project_lines as lines

    yield lines.heading(f"{clean(replica.project)} ▸ {clean(replica.deployment)} ▸ {clean(replica.id)}")
    yield phase_cell(replica.phase), Cell(f" since {age(replica.since or replica.started_at)}", "dim")
    yield from lines.reasons(replica)
    facts = {
        "node": clean(replica.node),
        "pid": str(replica.pid) if replica.pid is not None else NOTHING,
        "started": day_and_time(replica.started_at) if replica.started_at is not None else NOTHING,
        "memory": size(replica.rss_bytes),
        "GPU": indexes(replica.gpus),
        "GPU memory": size(replica.gpu_memory_bytes),
        "restarts": f"{replica.restarts} of this deployment",
    }
    yield ()
    for name, value in facts.items():
        yield Cell(f"{name:<12}", "dim"), Cell(value)
    if replica.last_exit is not None:
        yield ()
        yield lines.heading(f"LAST EXIT  {replica.last_exit.kind.replace('_', ' ')}, {age(replica.last_exit.at)} ago")
        yield (Cell(clean(replica.last_exit.message)),)


def _has_died_lately(replica: Replica, now: datetime) -> bool:
    return replica.last_exit is not None and now - replica.last_exit.at < RECENT


def _row(key: str, replica: Replica, started: str, has_died_lately: bool) -> Row:
    kind = replica.last_exit.kind.replace("_", " ") if replica.last_exit is not None else NOTHING
    started_at = replica.started_at.timestamp() if replica.started_at is not None else None
    return Row(
        key,
        (
            Cell(clean(replica.project)),
            Cell(clean(replica.deployment)),
            Cell(clean(replica.id)),
            Cell(clean(replica.node)),
            Cell(str(replica.pid) if replica.pid is not None else NOTHING),
            phase_cell(replica.phase),
            Cell(started, "dim"),
            Cell(str(replica.restarts), "warn" if replica.restarts else "dim"),
            Cell(kind, "warn" if has_died_lately else "dim"),
            Cell(size(replica.rss_bytes)),
            Cell(indexes(replica.gpus)),
            Cell(size(replica.gpu_memory_bytes)),
        ),
        (
            replica.project, replica.deployment, replica.id, replica.node, replica.pid, severity(replica.phase),
            None if started_at is None else -started_at, replica.restarts,
            None if replica.last_exit is None else -replica.last_exit.at.timestamp(), replica.rss_bytes,
            min(replica.gpus, default=None), replica.gpu_memory_bytes,
        ),
        is_fault=replica.phase in FAULTS or has_died_lately,
        more=f"{replica.reason} {replica.message[:300]}",
    )  # fmt: skip
