"""Operations of the simulated daemon: each is a script that goes on a step in every simulated second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.demo import scripts
from aana_tui.demo.routes import Refusal
from aanad.wire.operations import Operation, OperationKind, OperationState, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from aana_tui.demo.box import SimulatedBox
    from aana_tui.demo.project import SimulatedProject
    from aanad.wire.problems import Problem

STEPS = {
    OperationKind.DEPLOY: ("load", "build", "replicas"),
    OperationKind.START: ("build", "replicas"),
    OperationKind.RESTART: ("build", "replicas"),
    OperationKind.ROLLBACK: ("build", "replicas"),
    OperationKind.CONFIGURE: ("build", "replicas"),
    OperationKind.SCALE: ("replicas",),
    OperationKind.STOP: ("drain",),
    OperationKind.REMOVE: ("drain", "remove"),
}
NOT_CANCELLABLE = {OperationKind.STOP, OperationKind.REMOVE, OperationKind.CONFIGURE}
RECENT_S = 600
"""How long a finished operation is watched."""
KEPT = 1000


class Life:
    """All operations, unfinished and finished, and what lets them go on."""

    def __init__(self, box: SimulatedBox) -> None:
        self._box = box
        self.operations: dict[str, Operation] = {}
        self._scripts: dict[str, Iterator[None]] = {}
        self._begun = 0
        self._by_key: dict[str, tuple[str, str]] = {}
        """By idempotency key: what was asked, and the operation that it began."""
        box.each_second.append(self._go_on)

    def begin(
        self, project: SimulatedProject, kind: OperationKind, script: scripts.Script, *, revision: str | None = None
    ) -> Operation:
        """Begin an operation; an unfinished one of the same project gives way to it."""
        self._begun += 1
        box = self._box
        operation = Operation(
            id="op_" + "".join(box.chance(f"operation {self._begun}").choices("0123456789abcdef", k=12)),
            kind=kind, project=project.name, state=OperationState.RUNNING,
            steps=[Step(name=name, state=OperationState.PENDING) for name in STEPS[kind]],
            revision=revision, version=project.version, cancellable=kind not in NOT_CANCELLABLE,
            actor=box.actor, created_at=box.now,
        )  # fmt: skip
        for earlier in self.active(project.name):
            self.finish(earlier.id, OperationState.CANCELLED, message=f"superseded by {kind}")
        self._keep(operation)
        box.record(
            "operation.started", f"{kind} of {project.name} began.", project=project.name, actor=box.actor,
            operation=operation.id,
        )  # fmt: skip
        self._scripts[operation.id] = script(Told(self, operation.id, project))
        self._step(operation.id)
        return self.operations[operation.id]

    def begin_download(self, project: SimulatedProject) -> None:
        """The operation that is under way from the beginning."""
        self.begin(project, OperationKind.START, scripts.download)

    def note_key(self, key: str, asked: str, operation_id: str) -> None:
        """This operation was begun under this key."""
        self._by_key[key] = asked, operation_id

    def begun_under(self, key: str, asked: str) -> Operation | None:
        """The operation that the same request began before.

        Raises:
            Refusal: ``idempotency_key_reused``.
        """
        earlier, operation_id = self._by_key.get(key, (asked, ""))
        if earlier != asked:
            raise Refusal(
                422, "idempotency_key_reused", "This Idempotency-Key was used for another request.",
                "Take a new key for each change, and the same one only to send the very same request again.",
            )  # fmt: skip
        return self.operations.get(operation_id)

    def active(self, project: str | None = None) -> list[Operation]:
        """Unfinished ones, the oldest first."""
        operations = [self.operations[each] for each in self._scripts]
        return [each for each in operations if project in {None, each.project}]

    def advance(self, operation_id: str, step: str, message: str, done: int | None, total: int | None) -> None:
        """A step is worked on; those before it are done."""
        operation, now = self.operations[operation_id], self._box.now
        names = [each.name for each in operation.steps]
        steps = [
            _ended(each, OperationState.SUCCEEDED, now)
            if index < names.index(step) and not each.state.is_final
            else each
            for index, each in enumerate(operation.steps)
        ]
        at = names.index(step)
        update = {"state": OperationState.RUNNING, "message": message, "done": done, "total": total}
        steps[at] = steps[at].model_copy(update={**update, "started_at": steps[at].started_at or now})
        self._keep(operation.model_copy(update={"steps": steps}))

    def finish(
        self, operation_id: str, state: OperationState, *, problem: Problem | None = None, message: str = ""
    ) -> Operation:
        """End an operation."""
        operation, now = self.operations[operation_id], self._box.now
        script = self._scripts.pop(operation_id, None)
        if script is not None:
            script.close()  # type: ignore[attr-defined]
        steps = []
        for step in operation.steps:
            reached = state is OperationState.SUCCEEDED or step.state is OperationState.RUNNING
            ended = _ended(step, state if reached else OperationState.CANCELLED, now, message if reached else "")
            steps.append(step if step.state.is_final else ended)
        update = {"state": state, "steps": steps, "problem": problem, "finished_at": now, "cancellable": False}
        self._keep(operation.model_copy(update=update))
        said = problem.message if problem is not None else message
        self._box.record(
            "operation.finished",
            f"{operation.kind} of {operation.project} {state}{': ' + said if said else ''}",
            project=operation.project,
            actor=operation.actor,
            operation=operation.id,
            state=state,
        )
        return self.operations[operation_id]

    def _keep(self, operation: Operation) -> None:
        self.operations[operation.id] = operation
        while len(self.operations) > KEPT:
            del self.operations[next(iter(self.operations))]
        self._box.set("operations", operation.id, operation)

    def _step(self, operation_id: str) -> None:
        try:
            next(self._scripts[operation_id])
        except StopIteration:
            self.finish(operation_id, OperationState.SUCCEEDED)
        except scripts.StartFailed as failed:
            self.finish(operation_id, OperationState.FAILED, problem=failed.problem)

    def _go_on(self) -> None:
        for operation_id in list(self._scripts):
            self._step(operation_id)
        for operation in list(self._box.items("operations")):
            ended = self.operations[operation].finished_at if operation in self.operations else None
            if ended is not None and (self._box.now - ended).total_seconds() > RECENT_S:
                self._box.set("operations", operation, None)


class Told:
    """What a script says of its operation."""

    def __init__(self, life: Life, operation_id: str, project: SimulatedProject) -> None:
        self._life = life
        self._id = operation_id
        self.project = project

    def step(self, name: str, message: str = "", *, done: int | None = None, total: int | None = None) -> None:
        """A step is worked on."""
        self._life.advance(self._id, name, message, done, total)


def _ended(step: Step, state: OperationState, now: datetime, message: str = "") -> Step:
    update = {"state": state, "message": message, "finished_at": now, "started_at": step.started_at or now}
    if state is OperationState.SUCCEEDED:
        update["done"] = step.total
    return step.model_copy(update=update)
