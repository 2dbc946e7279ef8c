"""A sample as the lines of `aana top`, and as JSON; it asks nobody and prints nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from aanad.cli.columns import Column, fitted
from aanad.cli.replica_cells import replica_cells
from aanad.cli.tables import size
from aanad.cli.top_hardware import head_lines
from aanad.cli.top_sample import Load, load_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.cli.screen import Size
    from aanad.cli.top_sample import Sample
    from aanad.wire.projects import Project, Replica
    from aanad.wire.request_stats import RequestStats

_WORST_FIRST = ("failed", "unknown", "degraded", "pending", "starting", "stopping", "updating", "running", "stopped")
_THOUSAND = 1000
_TEN = 10

_PROJECT_COLUMNS = (
    Column("NAME", least=16, rank=11),
    Column("PHASE", rank=10),
    Column("READY", right=True, rank=9),
    Column("REVISION", least=7, rank=1),
    Column("REQ/S", right=True, rank=8),
    Column("ERR/S", right=True, rank=7, colour="red"),
    Column("P50", right=True, rank=2),
    Column("P95", right=True, rank=6),
    Column("ONGO", right=True, rank=5),
    Column("QUEUE", right=True, rank=5, colour="yellow"),
    Column("GPUS", right=True, rank=3, optional=True),
    Column("RSS", right=True, rank=2),
    Column("REASON", least=12, rank=4, optional=True),
)
_REPLICA_COLUMNS = (
    Column("REPLICA", least=8, rank=10),
    Column("PROJECT", least=12, rank=8),
    Column("DEPLOYMENT", least=12, rank=7),
    Column("PHASE", rank=9),
    Column("NODE", rank=1),
    Column("PID", right=True, rank=4),
    Column("GPUS", right=True, rank=4, optional=True),
    Column("GPU-MEM", right=True, rank=4, optional=True),
    Column("RSS", right=True, rank=6),
    Column("RESTARTS", right=True, rank=5),
    Column("AGE", right=True, rank=2),
    Column("REASON", least=12, rank=3, optional=True),
)


@dataclass(frozen=True)
class _Row:
    project: Project
    requests: RequestStats | None
    load: Load


SORTS: dict[str, Callable[[_Row], object]] = {
    "name": lambda row: row.project.name,
    "phase": lambda row: _WORST_FIRST.index(row.project.phase),
    "rate": lambda row: -row.requests.rate if row.requests else 0,
    "errors": lambda row: -row.requests.error_rate if row.requests else 0,
    "p50": lambda row: -(row.requests.p50_ms or 0) if row.requests else 0,
    "p95": lambda row: -(row.requests.p95_ms or 0) if row.requests else 0,
    "ongoing": lambda row: -row.requests.ongoing if row.requests else 0,
    "queued": lambda row: -row.requests.queued if row.requests else 0,
    "gpus": lambda row: -row.load.gpus,
    "rss": lambda row: -row.load.rss_bytes,
}
"""By what projects can be ordered: names from a to z, the worst phase first, of numbers the highest first."""


def top_lines(sample: Sample, screen: Size | None, *, sort: str = "name", replicas: bool = False) -> list[str]:
    """What people see.

    Args:
        sample: what is known.
        screen: its size; None where lines may be as long and as many as they are.
        sort: one of `SORTS`.
        replicas: show each replica too.
    """
    room = screen.columns if screen else None
    rows = _rows(sample, sort)
    lines = [*head_lines(sample, screen), ""]
    if not rows:
        return [*lines, "No projects: `aana deploy FOLDER` brings one up."]
    lines += fitted(_PROJECT_COLUMNS, [_project_cells(row) for row in rows], room)
    if replicas:
        order = {row.project.name: number for number, row in enumerate(rows)}
        listed = sorted(sample.replicas, key=lambda r: (order.get(r.project, len(order)), r.deployment, r.id))
        lines.append("")
        lines += fitted(_REPLICA_COLUMNS, [_replica_cells(replica) for replica in listed], room)
    return lines


def top_document(sample: Sample, *, sort: str = "name", replicas: bool = False) -> dict[str, object]:
    """What programs get: the API's own objects, and what each project does and holds."""
    document: dict[str, object] = {
        "time": sample.time.isoformat().replace("+00:00", "Z"),
        "status": sample.status.model_dump(mode="json"),
        "projects": [
            row.project.model_dump(mode="json")
            | {"requests": row.requests.model_dump(mode="json") if row.requests else None}
            | asdict(row.load)
            for row in _rows(sample, sort)
        ],
        "gpus": [gpu.model_dump(mode="json") for gpu in sample.gpus],
        "nodes": [node.model_dump(mode="json") for node in sample.nodes],
    }
    if replicas:
        document["replicas"] = [replica.model_dump(mode="json") for replica in sample.replicas]
    return document


def _rows(sample: Sample, sort: str) -> list[_Row]:
    rows = [
        _Row(project, sample.requests.get(project.name), load_of(sample, project.name)) for project in sample.projects
    ]
    rows.sort(key=lambda row: row.project.name)
    rows.sort(key=SORTS[sort])  # type: ignore[arg-type]
    return rows


def _project_cells(row: _Row) -> list[str]:
    project, requests, load = row.project, row.requests, row.load
    return [
        project.name,
        project.phase,
        f"{project.ready}/{project.replicas}",
        project.revision or "-",
        *(
            [
                _rate(requests.rate),
                _rate(requests.error_rate),
                _duration(requests.p50_ms),
                _duration(requests.p95_ms),
                str(requests.ongoing),
                str(requests.queued),
            ]
            if requests
            else ["-"] * 6
        ),
        str(load.gpus or "-"),
        size(load.rss_bytes or None),
        project.reason if project.reason != "ready" else "",
    ]


def _replica_cells(replica: Replica) -> list[str]:
    return [
        *replica_cells(replica),
        replica.reason if replica.phase != "running" else "",
    ]


def _rate(per_second: float) -> str:
    if not per_second:
        return "0"
    if per_second < _TEN:
        return f"{per_second:.1f}" if per_second >= 0.05 else "<0.1"  # noqa: PLR2004 - what would be shown as 0.0
    return f"{per_second:.0f}" if per_second < _TEN * _THOUSAND else f"{per_second / _THOUSAND:.1f}k"


def _duration(ms: float | None) -> str:
    if ms is None:
        return "-"
    if ms < _TEN:
        return f"{ms:.1f} ms"
    return f"{ms:.0f} ms" if ms < _THOUSAND else f"{ms / _THOUSAND:.1f} s"
