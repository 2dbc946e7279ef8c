"""What a change would do on the simulated box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.demo.project import NODE
from aana_tui.demo.projects import found
from aana_tui.demo.routes import Call, Refusal, Routes, answered
from aana_tui.demo.verbs import rollback_target, scale_request, sized
from aanad.wire.access import Role
from aanad.wire.manifest import INGRESS_DEPLOYMENT
from aanad.wire.plan import FileChanges, Placed, Plan, PlanStep, StepAction

if TYPE_CHECKING:
    import httpx

    from aana_tui.demo.project import SimulatedProject

routes = Routes()
STOPPING = {"stop", "remove"}
REPLACING = {"restart", "rollback", "deploy"}


@routes("POST", "/v1/projects/{project}/plan", role=Role.VIEWER)
def plan(call: Call) -> httpx.Response:
    """Steps, consequences and one sentence."""
    project, action = found(call), call.query.get("action", "")
    if action not in {"start", "scale", *STOPPING, *REPLACING}:
        raise Refusal(422, "invalid_input", f"There is no action {action}.")
    after = dict.fromkeys(project.sizes, 0) if action in STOPPING else dict(project.sizes)
    if action == "scale":
        after |= sized(project, scale_request(call))
    target = rollback_target(project, call.query.get("revision")).id if action == "rollback" else project.revision
    steps = [_step(project, action, name, wanted) for name, wanted in after.items()]
    steps.sort(key=lambda step: (step.deployment == INGRESS_DEPLOYMENT, step.deployment))
    changed = [f"{project.name}/app.py"] if action == "rollback" else []
    running = sum(step.replicas_before for step in steps)
    return answered(
        Plan(
            project=project.name, action=action, revision_before=project.revision,
            revision_after=None if action in STOPPING else target, files=FileChanges(changed=changed), steps=steps,
            notes=_notes(action, running), interrupts=action in STOPPING and running > 0,
            summary=_summary(project.name, action, steps),
        )
    )  # fmt: skip


def _step(project: SimulatedProject, action: str, name: str, wanted: int) -> PlanStep:
    before, part = len(project.replicas(name)), project.part(name)
    what = _action(action, before, wanted)
    new = max(0, wanted - before) if what is not StepAction.REPLACE else 1
    starts = what in {StepAction.START, StepAction.SCALE_UP, StepAction.REPLACE}
    return PlanStep(
        order=1, deployment=name, action=what, replicas_before=before, replicas_after=wanted,
        surge=what is StepAction.REPLACE, message=_MESSAGES[what],
        resources={"CPU": 1.0, **({"GPU": part.gpu} if part is not None and part.gpu else {})},
        placement=[Placed(node=NODE, replicas=new)] if starts and new else [],
    )  # fmt: skip


def _action(action: str, before: int, wanted: int) -> StepAction:
    if wanted == 0:
        return StepAction.STOP
    if before == 0:
        return StepAction.START
    if action in REPLACING:
        return StepAction.REPLACE
    if wanted == before:
        return StepAction.KEEP
    return StepAction.SCALE_UP if wanted > before else StepAction.SCALE_DOWN


_MESSAGES = {
    StepAction.START: "Starts. Its last start took 3 s.",
    StepAction.REPLACE: "New replicas come up beside the old ones, which end then: no gap. Its last start took 3 s.",
    StepAction.SCALE_UP: "Further replicas start; those that run go on. Its last start took 3 s.",
    StepAction.SCALE_DOWN: "Replicas that are too many finish their requests and end.",
    StepAction.STOP: "Its replicas finish their requests and end.",
    StepAction.KEEP: "Goes on as it is.",
    StepAction.RECONFIGURE: "Takes over its options without a restart.",
}


def _notes(action: str, running: int) -> list[str]:
    notes = []
    if action == "rollback" and running:
        notes.append("A change of files replaces every replica of the project.")
    if action in REPLACING and running:
        notes.append("Replicas of other projects go on as they are.")
    if action == "remove":
        notes.append("All its revisions, their archives and its secrets are forgotten.")
    return notes


def _summary(name: str, action: str, steps: list[PlanStep]) -> str:
    moving = [step for step in steps if step.action is not StepAction.KEEP]
    if not moving:
        return f"Nothing would change: {name} is as this {action} would make it."
    if action in STOPPING:
        ending = sum(step.replicas_before for step in steps)
        return f"{name} stops answering; {ending} replicas finish their requests and end."
    told = ", ".join(f"{step.deployment} {step.replicas_before}→{step.replicas_after}" for step in moving)
    return f"{action.capitalize()} of {name}: {told}; requests go on being answered."
