"""What belongs to a project, one thing at a time: what the pane says of it, and it as the target of an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.actions.action import Target
from aana_tui.figures import age, clean, clean_lines, day_and_time, size
from aana_tui.screens import project_lines as lines
from aana_tui.screens.phases import phase_cell
from aana_tui.screens.replicas import replica_lines, replica_target
from aana_tui.widgets.detail import Line, line
from aana_tui.widgets.rows import Cell
from aanad.wire.operations import Operation
from aanad.wire.projects import DeploymentStatus, Endpoint, EndpointRef, Replica, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aanad.wire.diff import RevisionDiff

Thing = DeploymentStatus | Replica | EndpointRef | Endpoint | Revision | Operation
DIFF_LINES = 400
"""Of a diff, at most: `aana diff` shows all of a longer one."""
_DIFF_TONES = {"+": "good", "-": "bad", "@": "accent"}
_PARAMETERS = 30


def detail_of(thing: Thing, diff: RevisionDiff | str | None) -> Iterator[Line]:
    """What the pane says of it.

    Args:
        thing: anything of a project.
        diff: for a revision: what differs from it to the active one, or what is said instead.
    """
    match thing:
        case Replica():
            yield from replica_lines(thing)
        case DeploymentStatus():
            yield from _deployment(thing)
        case Endpoint():
            yield from _endpoint(thing)
        case EndpointRef():
            yield from (lines.heading(clean(thing.name)), line(clean(thing.path)))
        case Revision():
            yield from _revision(thing, diff)
        case Operation():
            yield from _operation(thing)


def target_of(thing: Thing, project: str, etag: str | None, row: str) -> Target:
    """It as what an action applies to; `row` is how it stands in its table."""
    json = thing.model_dump_json(indent=2)
    match thing:
        case Replica():
            return replica_target(thing, etag, row)
        case DeploymentStatus():
            key = f"{project}/{thing.name}"
            return Target(
                "deployment", key, clean(key), project=project, deployment=thing.name, etag=etag, json=json, row=row
            )
        case Revision():
            return Target(
                "revision", thing.id, clean(f"{project} {thing.id}"), project=project, revision=thing.id, etag=etag,
                json=json, row=row,
            )  # fmt: skip
        case Operation():
            return Target(
                "operation", thing.id, clean(f"{thing.kind} of {project}"), project=project, operation=thing.id,
                etag=etag, json=json, row=row,
            )  # fmt: skip
        case EndpointRef() | Endpoint():
            key = f"{project}/{thing.name}"
            return Target(
                "endpoint", key, clean(key), project=project, endpoint=thing.name, etag=etag, json=json, row=row
            )


def _deployment(deployment: DeploymentStatus) -> Iterator[Line]:
    yield lines.heading(clean(deployment.name))
    yield (
        phase_cell(deployment.phase),
        Cell(f" since {age(deployment.since)}  ", "dim"),
        Cell(f"{deployment.ready}/{deployment.replicas} ready"),
    )
    yield from lines.reasons(deployment)
    for crash in deployment.crashes:
        yield from ((), lines.heading(f"REPLICA {clean(crash.replica)} DIED {age(crash.at)} AGO"))
        yield line(clean(crash.message), "bad")
        yield from (line(f"  {text}", "dim") for text in clean_lines(crash.lines, last=len(crash.lines)))


def _endpoint(endpoint: Endpoint) -> Iterator[Line]:
    yield lines.heading(clean(endpoint.name))
    if endpoint.summary:
        yield line(clean(endpoint.summary))
    yield Cell("POST  ", "dim"), Cell(clean(endpoint.url), "accent")
    if endpoint.streaming:
        yield line("streams its answer", "dim")
    required = endpoint.request_schema.get("required", [])
    properties = endpoint.request_schema.get("properties", {})
    if isinstance(properties, dict) and properties:
        yield from ((), lines.heading("PARAMETERS"))
        for name, schema in list(properties.items())[:_PARAMETERS]:
            kind = schema.get("type") if isinstance(schema, dict) else None
            is_needed = isinstance(required, list) and name in required
            yield (
                Cell(f"  {clean(name)}"),
                Cell(f"  {clean(str(kind or 'any'))}{'' if is_needed else ', optional'}", "dim"),
            )


def _revision(revision: Revision, diff: RevisionDiff | str | None) -> Iterator[Line]:
    yield lines.heading(f"revision {clean(revision.id)}")
    yield line(f"made {day_and_time(revision.created_at)} by {clean(revision.created_by)}, {size(revision.size_bytes)}")
    if revision.git_commit:
        yield Cell("commit  ", "dim"), Cell(clean(revision.git_commit))
    if revision.ready_at is None:
        yield line("Its replicas were never all ready.", "warn")
    yield ()
    if revision.active:
        yield line("This one is active.", "good")
    elif isinstance(diff, str) or diff is None:
        yield line(diff or "Asking what would change…", "dim")
    else:
        yield lines.heading("IF IT WERE ACTIVE AGAIN (U)")
        yield from _diff(diff)


def _diff(diff: RevisionDiff) -> Iterator[Line]:
    if not diff.files and not diff.settings:
        yield line("  nothing would change", "dim")
    for change in diff.settings:
        yield line(f"  {clean(change.name)}: {clean(change.before)} → {clean(change.after)}", "accent")
    left = DIFF_LINES
    for file in diff.files:
        yield Cell(f"  {file.change:<8}", "dim"), Cell(clean(file.path), "strong"), Cell(" binary" * file.binary, "dim")
        for text in clean_lines(file.lines[:left], last=left):
            # Cut and not folded: a diff is read along its left edge.
            yield Cell(f"  {text}", _DIFF_TONES.get(text[:1], "dim")), Cell("")
        left -= len(file.lines)
        if left <= 0:
            yield line("  …: `aana diff` shows all of it", "dim")
            return


def _operation(operation: Operation) -> Iterator[Line]:
    yield from lines.operation_lines(operation)
    detail = operation.problem.detail if operation.problem is not None else None
    if detail:
        yield ()
        yield from (line(text, "dim") for text in clean_lines(detail.splitlines(), last=200))
