"""What a change meets: replicas and requests as the store has them, and the daemon's plan in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aana_tui.state.store import Store
    from aanad.wire.plan import Plan
    from aanad.wire.projects import Project, ScaleRequest

Line = tuple[str, str]


def action_title(verb: str, projects: Sequence[str], argument: ScaleRequest | str | None) -> str:
    """The question, ``Restart whisper?`` say."""
    name = projects[0] if len(projects) == 1 else f"{len(projects)} projects"
    match verb:
        case "rollback":
            return f"Roll {name} back to {argument or 'its last good revision'}?"
        case "cancel":
            return f"Cancel the operation {argument} of {name}?"
        case "scale":
            return f"Scale {name}: {_numbers(argument)}?"
    return f"{verb.capitalize()} {name}?"


def impact(store: Store, names: Sequence[str]) -> list[Line]:
    """A line for each project: what runs of it, and what is being answered now."""
    projects = {project.name: project for project in store.projects()}
    flying = {one.project: one.ongoing + one.queued for one in store.request_stats() if one.kind == "project"}
    return [
        (_standing(projects[name], flying.get(name)), "") if name in projects else (f"{name}: not known here", "warn")
        for name in names
    ]


def plan_lines(plan: Plan) -> list[Line]:
    """Summary, interruption, room; then what the daemon adds."""
    lines: list[Line] = [(plan.summary, "")]
    gaps = [step for step in plan.steps if step.gap_s is not None]
    for step in gaps:
        length = f"about {step.gap_s:.0f} s" if step.gap_s else "for a time that is not known yet"
        lines.append((f"  {step.deployment} does not answer {length}; requests wait.", "warn"))
    if plan.interrupts and not gaps and plan.action not in {"stop", "remove"}:
        lines.append(("  Some deployment does not answer for a while.", "warn"))
    if not plan.interrupts:
        lines.append(("  Nothing is interrupted.", "good"))
    if not plan.fits:
        short = [step for step in plan.steps if step.message]
        lines.append(("  It does not fit:" if short else "  It does not fit.", "bad"))
        lines += [(f"  {step.deployment}: {step.message}", "bad") for step in short]
    lines += [(f"  {note}", "dim") for note in plan.notes]
    return lines


def _standing(project: Project, flying: int | None) -> str:
    replicas = f"{project.ready} of {counted(project.replicas, 'replica')}" if project.replicas else "no replica"
    requests = "requests not counted" if flying is None else counted(flying, "request") + " in flight"
    revision = f"revision {project.revision}" if project.revision else "no revision"
    return f"{project.name}: {project.phase}, {replicas}, {requests}, {revision}"


def counted(number: int, noun: str) -> str:
    """``1 replica``, ``2 replicas``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _numbers(argument: ScaleRequest | str | None) -> str:
    if argument is None or isinstance(argument, str):
        return str(argument)
    parts = []
    for name, wanted in argument.deployments.items():
        if wanted is None:
            parts.append(f"{name} as the project says")
        elif wanted.replicas is not None:
            parts.append(f"{name} to {wanted.replicas}")
        else:
            parts.append(f"{name} to {wanted.min_replicas or 0}..{wanted.max_replicas}")
    return ", ".join(parts)
