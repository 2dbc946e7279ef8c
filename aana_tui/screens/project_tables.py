"""The tables of one project: deployments with their replicas, endpoints, revisions, operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.figures import NOTHING, age, clean, indexes, milliseconds, rate, size
from aana_tui.screens.phases import FAULTS, phase_cell, severity
from aana_tui.screens.project_lines import memory_of, progress, state_sign, total
from aana_tui.screens.replicas import replica_key
from aana_tui.widgets.rows import Cell, Column, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aana_tui.screens.project_lines import Stats
    from aanad.wire.operations import Operation
    from aanad.wire.projects import DeploymentStatus, Endpoint, EndpointRef, Replica, Revision

DEPLOYMENTS = [
    Column("name", "NAME", 18, most=32),
    Column("phase", "PHASE", 10),
    Column("ready", "READY", 5, right=True),
    Column("ongoing", "ONGOING", 7, right=True, rank=5),
    Column("queue", "QUEUE", 5, right=True, rank=4),
    Column("pid", "PID", 7, right=True),
    Column("gpu", "GPU", 5, right=True),
    Column("gpumem", "GPUMEM", 6, right=True),
    Column("rss", "RSS", 5, right=True, rank=3),
    Column("age", "AGE", 4, right=True, rank=6),
    Column("restarts", "RESTARTS", 8, right=True, rank=7),
    Column("node", "NODE", 12, rank=8, most=24),
]
ENDPOINTS = [
    Column("name", "NAME", 18, most=32),
    Column("path", "PATH", 22, most=48),
    Column("stream", "STREAM", 6),
    Column("req/s", "REQ/S", 6, right=True),
    Column("errors", "ERR/S", 6, right=True),
    Column("p95", "P95", 7, right=True),
    Column("p50", "P50", 7, right=True, rank=1),
    Column("ongoing", "ONGOING", 7, right=True, rank=2),
    Column("queue", "QUEUE", 5, right=True, rank=3),
]
REVISIONS = [
    Column("id", "REVISION", 12),
    Column("state", "STATE", 9),
    Column("created", "CREATED", 7, right=True),
    Column("by", "BY", 14, most=24),
    Column("size", "SIZE", 5, right=True, rank=1),
    Column("commit", "COMMIT", 9, rank=2),
    Column("ready", "FIRST READY", 11, right=True, rank=3),
]
OPERATIONS = [
    Column("kind", "KIND", 11),
    Column("state", "STATE", 11),
    Column("age", "AGE", 4, right=True),
    Column("by", "BY", 10, most=16),
    Column("step", "STEP", 32, most=100),
]


def deployment_rows(
    deployments: Sequence[DeploymentStatus], replicas: Sequence[Replica], project: str, stats: Stats
) -> Iterator[Row]:
    """Each deployment, and below it its replicas."""
    known = {one.name: one for one in deployments}
    others = {one.deployment for one in replicas if one.deployment not in known}
    # As the daemon orders them, also before it was asked.
    names = [*known, *sorted(others, key=lambda name: (name != "ingress", name))]
    for name in names:
        own = [one for one in replicas if one.deployment == name]
        yield _deployment_row(name, known.get(name), own, project, stats)
        for replica in own:
            yield _replica_row(replica, is_last=replica is own[-1])


def _deployment_row(
    name: str, deployment: DeploymentStatus | None, own: Sequence[Replica], project: str, stats: Stats
) -> Row:
    numbers = stats.get((project, "deployment", name))
    phase = deployment.phase if deployment is not None else max(own, key=lambda one: -severity(one.phase)).phase
    ready = sum(one.phase == "running" for one in own)
    wanted = deployment.replicas if deployment is not None else len(own)
    restarts = max((one.restarts for one in own), default=0)
    return Row(
        f"deployment/{name}",
        (
            Cell(clean(name), "strong"),
            phase_cell(phase),
            Cell(f"{ready}/{wanted}", "warn" if ready < wanted else ""),
            Cell(str(numbers.ongoing) if numbers is not None else NOTHING),
            Cell(str(numbers.queued) if numbers is not None else NOTHING),
            Cell(""),
            Cell(indexes(gpu for one in own for gpu in one.gpus)),
            Cell(size(total(one.gpu_memory_bytes for one in own))),
            Cell(size(memory_of(own))),
            Cell(""),
            Cell(str(restarts), "warn" if restarts else "dim"),
            Cell(""),
        ),
        is_fault=phase in FAULTS,
    )


def _replica_row(replica: Replica, *, is_last: bool) -> Row:
    return Row(
        f"replica/{replica_key(replica)}",
        (
            Cell(f"{'└' if is_last else '├'} {clean(replica.id)}"),
            phase_cell(replica.phase),
            Cell(""),
            Cell(""),
            Cell(""),
            Cell(str(replica.pid) if replica.pid is not None else NOTHING),
            Cell(indexes(replica.gpus)),
            Cell(size(replica.gpu_memory_bytes)),
            Cell(size(replica.rss_bytes)),
            Cell(age(replica.started_at), "dim"),
            Cell(""),
            Cell(clean(replica.node)),
        ),
        is_fault=replica.phase in FAULTS,
    )


def endpoint_rows(
    refs: Sequence[EndpointRef], endpoints: Iterable[Endpoint], project: str, stats: Stats
) -> Iterator[Row]:
    """Each endpoint with its load."""
    known = {one.name: one for one in endpoints}
    for ref in refs:
        endpoint = known.get(ref.name)
        numbers = stats.get((project, "endpoint", ref.name))
        fails = numbers is not None and numbers.error_rate > 0
        yield Row(
            f"endpoint/{ref.name}",
            (
                Cell(clean(ref.name)),
                Cell(clean(ref.path)),
                Cell("stream" if endpoint is not None and endpoint.streaming else ""),
                Cell(rate(numbers.rate if numbers is not None else None)),
                Cell(rate(numbers.error_rate if numbers is not None else None), "bad" if fails else ""),
                Cell(milliseconds(numbers.p95_ms if numbers is not None else None)),
                Cell(milliseconds(numbers.p50_ms if numbers is not None else None)),
                Cell(str(numbers.ongoing) if numbers is not None else NOTHING),
                Cell(str(numbers.queued) if numbers is not None else NOTHING),
            ),
            () if numbers is None else (
                ref.name, ref.path, "", numbers.rate, numbers.error_rate, numbers.p95_ms, numbers.p50_ms,
                numbers.ongoing, numbers.queued,
            ),
            is_fault=fails,
            more=clean(endpoint.summary) if endpoint is not None and endpoint.summary else "",
        )  # fmt: skip


def revision_rows(revisions: Iterable[Revision]) -> Iterator[Row]:
    """Each revision, the newest first."""
    for revision in revisions:
        yield Row(
            f"revision/{revision.id}",
            (
                Cell(clean(revision.id)),
                Cell("● active", "good") if revision.active else Cell(""),
                Cell(age(revision.created_at)),
                Cell(clean(revision.created_by)),
                Cell(size(revision.size_bytes)),
                Cell(clean(revision.git_commit)[:9], "dim"),
                Cell(age(revision.ready_at) if revision.ready_at is not None else "never", "dim"),
            ),
            (
                revision.id, revision.active, -revision.created_at.timestamp(), revision.created_by,
                revision.size_bytes, revision.git_commit,
                -revision.ready_at.timestamp() if revision.ready_at is not None else None,
            ),
            is_fault=revision.active and revision.ready_at is None,
        )  # fmt: skip


def operation_rows(operations: Iterable[Operation]) -> Iterator[Row]:
    """Each operation, the newest first, with the step that it is at or what it failed of."""
    for operation in operations:
        sign, tone = state_sign(operation.state)
        yield Row(
            f"operation/{operation.id}",
            (
                Cell(operation.kind),
                Cell(f"{sign} {operation.state}", tone),
                Cell(age(operation.created_at), "dim"),
                Cell(clean(operation.actor)),
                _now(operation),
            ),
            (
                operation.kind, operation.state, -operation.created_at.timestamp(), operation.actor,
            ),
            is_fault=operation.state == "failed",
        )  # fmt: skip


def _now(operation: Operation) -> Cell:
    if operation.problem is not None:
        return Cell(clean(operation.problem.message), "bad")
    running = [step for step in operation.steps if step.state == "running"]
    if running and not operation.state.is_final:
        step = running[-1]
        return Cell(
            f"{clean(step.name)} {progress(step)} {clean(step.message) if step.message else ''}".strip(), "busy"
        )
    done = sum(step.state == "succeeded" for step in operation.steps)
    return Cell(f"{done} of {len(operation.steps)} steps done" if operation.steps else NOTHING, "dim")
