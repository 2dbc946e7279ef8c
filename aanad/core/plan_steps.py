"""The steps of a plan: what happens to each deployment, in which order, beside the old replicas or after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aanad.wire.manifest import INGRESS_DEPLOYMENT
from aanad.wire.plan import PlanStep, StepAction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from aanad.core.placement import Placement
    from aanad.core.records import Timing
    from aanad.core.sizes import Wanted


@dataclass(frozen=True)
class Present:
    """One deployment as it runs now."""

    replicas: int
    wanted: Wanted | None
    """As it was asked for; None where that is not known."""


@dataclass(frozen=True)
class Situation:
    """What the steps depend on."""

    project: str
    present: Mapping[str, Present]
    after: Mapping[str, Wanted]
    """Empty where nothing shall run."""
    replaces: bool
    """Whether every replica is replaced."""
    gaps: Collection[str]
    placement: Placement | None
    """Of the new replicas: beside the old ones where there is no gap."""
    timings: Mapping[str, Timing]
    drain_s: float


def steps(situation: Situation) -> list[PlanStep]:
    """One step a deployment: first those that the ingress calls, then the ingress, at last what is no longer needed."""
    found = [_step(situation, name) for name in sorted(situation.after, key=lambda name: name == INGRESS_DEPLOYMENT)]
    found += [_stop(name, present) for name, present in situation.present.items() if name not in situation.after]
    return sorted(found, key=lambda step: (step.order, step.deployment == INGRESS_DEPLOYMENT, step.deployment))


def _step(situation: Situation, name: str) -> PlanStep:
    wanted = situation.after[name]
    present = situation.present.get(name)
    before, after = (present.replicas if present else 0), wanted.size.least
    action = _action(situation, present, wanted)
    placed = situation.placement.of(situation.project, name) if situation.placement is not None else None
    is_new = action in {StepAction.START, StepAction.REPLACE, StepAction.SCALE_UP}
    has_gap = action is StepAction.REPLACE and name in situation.gaps
    message = _message(action, wanted, situation.timings.get(name), has_gap=has_gap)
    if is_new and placed is not None and placed.shortage is not None:
        message = f"{placed.shortage.message} {placed.shortage.hint}"
    return PlanStep(
        order=1,
        deployment=name,
        action=action,
        replicas_before=before,
        replicas_after=after,
        surge=action is StepAction.REPLACE and not has_gap,
        gap_s=_gap_s(situation, name) if has_gap else None,
        resources=wanted.resources,
        placement=list(placed.placed) if is_new and placed is not None else [],
        message=message,
    )


def _stop(name: str, present: Present) -> PlanStep:
    return PlanStep(
        order=2,
        deployment=name,
        action=StepAction.STOP,
        replicas_before=present.replicas,
        replicas_after=0,
        message="Its replicas finish their requests and end.",
    )


def _action(situation: Situation, present: Present | None, wanted: Wanted) -> StepAction:
    if present is None:
        return StepAction.START
    if situation.replaces or (present.wanted is not None and present.wanted.resources != wanted.resources):
        return StepAction.REPLACE
    if wanted.size.least > present.replicas:
        return StepAction.SCALE_UP
    if wanted.size.most < present.replicas:
        return StepAction.SCALE_DOWN
    if present.wanted is not None and present.wanted.options != wanted.options:
        return StepAction.RECONFIGURE
    return StepAction.KEEP


def _message(action: StepAction, wanted: Wanted, timing: Timing | None, *, has_gap: bool) -> str:
    took = f" Its last start took {timing.start_s:.0f} s." if timing is not None and timing.start_s else ""
    match action:
        case StepAction.START:
            return f"Starts.{took}"
        case StepAction.REPLACE if has_gap:
            known = took or " How long is not known: no start of it was seen yet."
            return f"There is no room beside the old replicas: they end first, and requests wait.{known}"
        case StepAction.REPLACE:
            return f"New replicas come up beside the old ones, which end then: no gap.{took}"
        case StepAction.SCALE_UP:
            return f"Further replicas start; those that run go on.{took}"
        case StepAction.SCALE_DOWN:
            return "Replicas that are too many finish their requests and end."
        case StepAction.RECONFIGURE:
            size = "" if wanted.user_config is None else " with its user_config"
            return f"Takes over its options{size} without a restart."
        case _:
            return "Goes on as it is."


def _gap_s(situation: Situation, name: str) -> float:
    timing = situation.timings.get(name)
    if timing is None or timing.start_s is None:
        return 0.0
    stop_s = situation.drain_s if timing.stop_s is None else timing.stop_s
    return round(stop_s + timing.start_s, 1)
