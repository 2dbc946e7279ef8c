"""What panes say of a project, line by line: how it stands and why, its parts, its operation, its last events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.figures import NOTHING, age, clean, clock_time, indexes, milliseconds, rate, size
from aana_tui.screens.phases import FAULTS, phase_cell
from aana_tui.widgets.column_layout import fit
from aana_tui.widgets.detail import Line, line
from aana_tui.widgets.rows import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aanad.wire.events import Event
    from aanad.wire.operations import Operation, OperationState, Step
    from aanad.wire.projects import DeploymentStatus, Project, Replica
    from aanad.wire.request_stats import RequestStats

    Stats = Mapping[tuple[str, str, str], RequestStats]
    """By project, kind and name."""

NAME_WIDTH = 14
_STATES: dict[str, tuple[str, str]] = {
    "pending": ("◌", "dim"),
    "running": ("◐", "busy"),
    "succeeded": ("✔", "good"),
    "failed": ("✖", "bad"),
    "cancelled": ("○", "dim"),
}


def by_name(stats: Iterable[RequestStats]) -> Stats:
    """Numbers as these lines look them up."""
    return {(one.project, str(one.kind), one.name): one for one in stats}


def heading(text: str) -> Line:
    """A heading within a pane."""
    return line(text, "strong")


def standing(project: Project) -> Iterator[Line]:
    """Phase, readiness, revision, since when; and, where it is not well, why and what to do."""
    revision = f"  rev {project.revision[:6]}" if project.revision else ""
    yield (
        phase_cell(project.phase),
        Cell(f" since {age(project.since)}  ", "dim"),
        Cell(f"{project.ready}/{project.replicas} ready{revision}"),
    )
    yield from reasons(project)


def reasons(what: Project | DeploymentStatus | Replica) -> Iterator[Line]:
    """Why it stands as it does, where that is not plain."""
    tone = "bad" if what.phase == "failed" else "warn" if what.phase in FAULTS else ""
    if what.message:
        yield line(clean(what.message), tone)
    elif what.phase in FAULTS and what.reason:
        yield line(clean(what.reason), tone)
    if what.hint:
        yield line(f"→ {clean(what.hint)}", "accent")


def why_line(what: Project | DeploymentStatus | Replica) -> Line:
    """The same in one line; nothing where it is well."""
    if what.phase not in FAULTS and not what.message:
        return ()
    tone = "bad" if what.phase == "failed" else "warn" if what.phase in FAULTS else "dim"
    said = clean(what.message or what.reason)
    return Cell(f" {said}", tone), Cell(f"  → {clean(what.hint)}" if what.hint else "", "accent")


def endpoint_lines(project: Project, stats: Stats) -> Iterator[Line]:
    """Its endpoints with their load."""
    yield Cell(f"{'ENDPOINTS':<17}", "strong"), Cell(f"{'PATH':<14} {'REQ/S':>6} {'P95':>7}", "dim")
    for endpoint in project.endpoints:
        numbers = stats.get((project.name, "endpoint", endpoint.name))
        per_second, p95 = (numbers.rate, numbers.p95_ms) if numbers is not None else (None, None)
        yield (
            Cell(f"  {fit(clean(endpoint.name), NAME_WIDTH)} {fit(clean(endpoint.path), 14)}"),
            Cell(f" {rate(per_second):>6} {milliseconds(p95):>7}", "dim"),
        )
    if not project.endpoints:
        yield line("  none", "dim")


def deployment_lines(project: Project, replicas: Iterable[Replica], stats: Stats) -> Iterator[Line]:
    """Its deployments: replicas, load, GPUs, memory."""
    yield Cell(f"{'DEPLOYMENTS':<17}", "strong"), Cell("READY ONGOING QUEUE   GPU   MEM", "dim")
    by_deployment: dict[str, list[Replica]] = {}
    for replica in replicas:
        by_deployment.setdefault(replica.deployment, []).append(replica)
    for name, own in by_deployment.items():
        numbers = stats.get((project.name, "deployment", name))
        ongoing, queued = (numbers.ongoing, numbers.queued) if numbers is not None else (NOTHING, NOTHING)
        gpus = [gpu for replica in own for gpu in replica.gpus]
        memory = total(replica.gpu_memory_bytes for replica in own) if gpus else memory_of(own)
        ready = f"{sum(one.phase == 'running' for one in own)}/{len(own)}"
        yield (
            Cell(f"  {fit(clean(name), NAME_WIDTH)} {ready:>5}"),
            Cell(f" {ongoing:>7} {queued:>5} {indexes(gpus):>5} {size(memory):>5}", "dim"),
        )
    if not by_deployment:
        yield line("  no replica", "dim")


def memory_of(replicas: Sequence[Replica]) -> int | None:
    """Main memory of these replicas together."""
    return total(replica.rss_bytes for replica in replicas)


def total(counts: Iterable[int | None]) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def operation_lines(operation: Operation) -> Iterator[Line]:
    """What an operation does, step by step, and why it failed."""
    sign, tone = state_sign(operation.state)
    yield (
        Cell(f"{sign} {operation.kind}", tone),
        Cell(f"  {operation.state}, by {clean(operation.actor)}, {age(operation.created_at)} ago", "dim"),
    )
    for step in operation.steps:
        sign, tone = state_sign(step.state)
        message = clean(step.message) if step.message else ""
        yield Cell(f"  {sign} ", tone), Cell(f"{clean(step.name)} {progress(step)}"), Cell(f" {message}", "dim")
    if operation.problem is not None:
        yield line(clean(operation.problem.message), "bad")
        if operation.problem.hint:
            yield line(f"→ {clean(operation.problem.hint)}", "accent")


def progress(step: Step) -> str:
    """How much of a step is done: ``2/4``, in a bar of ten."""
    if step.done is None or not step.total:
        return ""
    full = round(10 * min(1.0, max(0.0, step.done / step.total)))
    return f"{'█' * full}{'░' * (10 - full)} {step.done}/{step.total}"


def state_sign(state: OperationState) -> tuple[str, str]:
    """A sign and a tone."""
    return _STATES.get(state, ("?", "warn"))


def event_lines(events: Iterable[Event], last: int) -> Iterator[Line]:
    """The last events, the newest first."""
    newest = list(events)[-last:][::-1]
    if newest:
        yield heading("LAST EVENTS")
    for event in newest:
        yield line(f"  {clock_time(event.time)} {clean(event.message or event.type)}")
