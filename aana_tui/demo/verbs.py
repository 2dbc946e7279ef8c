"""What an operator can ask of the simulated daemon: each verb changes what is desired, and gives an operation."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from aana_tui.demo import scripts
from aana_tui.demo.project import SimulatedProject, Standing
from aana_tui.demo.projects import found, revision_of
from aana_tui.demo.routes import Call, Refusal, Routes, answered
from aana_tui.demo.samples import Part
from aanad.wire.manifest import INGRESS_DEPLOYMENT
from aanad.wire.operations import OperationKind, OperationState
from aanad.wire.phase import Phase
from aanad.wire.projects import Revision, ScaleRequest
from aanad.wire.secrets import SecretChange

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from aanad.wire.operations import Operation

routes = Routes()


@routes("POST", "/v1/projects/{project}/start")
def start(call: Call) -> httpx.Response:
    """Run the active revision."""

    def change(project: SimulatedProject) -> Operation:
        project.desired = "running"
        return _begin(project, OperationKind.START, scripts.start)

    return _changed(call, change)


@routes("POST", "/v1/projects/{project}/stop")
def stop(call: Call) -> httpx.Response:
    """Stop it."""

    def change(project: SimulatedProject) -> Operation:
        project.desired = "stopped"
        return _begin(project, OperationKind.STOP, scripts.stop)

    return _changed(call, change)


@routes("POST", "/v1/projects/{project}/restart")
def restart(call: Call) -> httpx.Response:
    """Replace its replicas."""

    def change(project: SimulatedProject) -> Operation:
        if project.desired != "running" or project.standing.phase is Phase.FAILED:
            raise Refusal(409, "not_running", f"{project.name} does not run.", f"Start it: aana start {project.name}")
        return _begin(project, OperationKind.RESTART, scripts.replace)

    return _changed(call, change)


@routes("POST", "/v1/projects/{project}/scale")
def scale(call: Call) -> httpx.Response:
    """Set numbers of replicas."""
    request = scale_request(call)

    def change(project: SimulatedProject) -> Operation:
        for name, size in sized(project, request).items():
            project.sizes[name] = size
        for name, wanted in request.deployments.items():
            if wanted is None:
                project.scale.pop(name, None)
            else:
                project.scale[name] = wanted
        runs = project.desired == "running"
        return _begin(project, OperationKind.SCALE, scripts.resize if runs else scripts.nothing)

    return _changed(call, change)


@routes("POST", "/v1/projects/{project}/rollback")
def rollback(call: Call) -> httpx.Response:
    """Activate an older revision."""

    def change(project: SimulatedProject) -> Operation:
        target = rollback_target(project, call.query.get("revision"))
        if target.id == project.revision:
            raise Refusal(409, "already_active", f"{project.name} is at revision {target.id} already.")
        project.activate(target)
        runs = project.desired == "running"
        script = scripts.replace if runs else scripts.nothing
        return _begin(project, OperationKind.ROLLBACK, script, revision=target.id)

    return _changed(call, change)


@routes("DELETE", "/v1/projects/{project}")
def remove(call: Call) -> httpx.Response:
    """Forget it."""

    def change(project: SimulatedProject) -> Operation:
        if project.desired == "running" and call.query.get("force") != "true":
            raise Refusal(
                409, "project_running", f"{project.name} runs.",
                f"Stop it first (aana stop {project.name}), or remove it with --force.",
            )  # fmt: skip
        project.desired = "stopped"
        return _begin(project, OperationKind.REMOVE, scripts.remove)

    return _changed(call, change)


@routes("POST", "/v1/projects/{project}/revisions")
def deploy(call: Call) -> httpx.Response:
    """A new revision, of a new project maybe."""
    box, name = call.box, call.path["project"]
    new = Revision(
        id=hashlib.sha256(call.request.content).hexdigest()[:12], project=name, created_at=box.now,
        created_by=box.actor, size_bytes=len(call.request.content), active=False,
        git_commit=call.query.get("git_commit"), route_prefix=f"/{name}",
    )  # fmt: skip
    if name not in box.projects:
        box.projects[name] = SimulatedProject(
            box=box, name=name, parts=[Part("model", "Model", 1)], endpoints=(("run", "/run"),),
            standing=Standing(Phase.PENDING, "building", box.now), created_at=box.now, version=0,
            sizes={INGRESS_DEPLOYMENT: 1, "model": 1},
        )  # fmt: skip

    def change(project: SimulatedProject) -> Operation:
        if call.query.get("activate", "true") == "false":
            project.revisions.insert(0, new)
            return _begin(project, OperationKind.DEPLOY, scripts.nothing, revision=new.id)
        project.activate(new)
        project.desired = "running"
        return _begin(project, OperationKind.DEPLOY, scripts.deploy, revision=new.id)

    return _changed(call, change)


@routes("PUT", "/v1/projects/{project}/secrets/{name}")
def set_secret(call: Call) -> httpx.Response:
    """Keep a secret."""
    project, name = found(call), call.path["name"]
    if name not in project.secrets:
        project.secrets.append(name)
    return _configured(call, project, name, "set")


@routes("DELETE", "/v1/projects/{project}/secrets/{name}")
def remove_secret(call: Call) -> httpx.Response:
    """Forget a secret."""
    project, name = found(call), call.path["name"]
    if name not in project.secrets:
        raise Refusal(404, "secret_not_found", f"{project.name} has no secret {name}.")
    project.secrets.remove(name)
    return _configured(call, project, name, "removed")


def scale_request(call: Call) -> ScaleRequest:
    """The body of a scale.

    Raises:
        Refusal: ``invalid_input``.
    """
    try:
        return ScaleRequest.model_validate_json(call.request.content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refusal(422, "invalid_input", f"The request cannot be used: {where}: {first['msg']}.") from error


def sized(project: SimulatedProject, request: ScaleRequest) -> dict[str, int]:
    """The numbers of replicas that a scale asks for.

    Raises:
        Refusal: ``deployment_not_found``.
    """
    sizes = {}
    for name, wanted in request.deployments.items():
        if name not in project.sizes:
            known = ", ".join(project.sizes)
            raise Refusal(404, "deployment_not_found", f"{project.name} has no deployment {name}.", f"It has: {known}.")
        part = project.part(name)
        own = part.replicas if part is not None else 1
        sizes[name] = own if wanted is None else wanted.replicas or max(1, wanted.min_replicas or 0)
    return sizes


def rollback_target(project: SimulatedProject, start: str | None) -> Revision:
    """The revision named, or the last good one before the active one.

    Raises:
        Refusal: ``no_earlier_revision``, ``revision_not_found``.
    """
    if start:
        return revision_of(project, start)
    at = next((index for index, each in enumerate(project.revisions) if each.active), 0)
    for revision in project.revisions[at + 1 :]:
        if revision.ready_at is not None:
            return revision
    raise Refusal(
        409, "no_earlier_revision", f"{project.name} has no earlier revision that was ready.",
        f"aana history {project.name} shows what there is.",
    )  # fmt: skip


def _begin(
    project: SimulatedProject, kind: OperationKind, script: scripts.Script, *, revision: str | None = None
) -> Operation:
    project.version += 1
    operation = project.box.life.begin(project, kind, script, revision=revision)
    project.publish()
    return operation


def _changed(call: Call, change: Callable[[SimulatedProject], Operation]) -> httpx.Response:
    """Make a change once, where the caller has seen the project as it is, and answer as the daemon does."""
    box = call.box
    with box.changed:
        key = call.request.headers.get("idempotency-key")
        asked = f"{call.request.method} {call.request.url} {hashlib.sha256(call.request.content).hexdigest()}"
        earlier = box.life.begun_under(key, asked) if key else None
        if earlier is None:
            project = found(call)
            _require_version(call, project)
            operation = change(project)
            if key:
                box.life.note_key(key, asked, operation.id)
        else:
            operation = earlier
    return waited(call, operation, float(call.query.get("wait", 0)))


def waited(call: Call, operation: Operation, wait_s: float) -> httpx.Response:
    """An operation: 200 where it ends within the time, else 202."""
    operations = call.box.life.operations
    if wait_s and not operation.state.is_final:
        call.wait_for(lambda: operations[operation.id].state.is_final, wait_s)
        operation = operations[operation.id]
    headers = {} if operation.state.is_final else {"location": f"/v1/operations/{operation.id}"}
    return answered(operation, 200 if operation.state.is_final else 202, headers)


def _require_version(call: Call, project: SimulatedProject) -> None:
    given = call.request.headers.get("if-match")
    if given not in {None, "*", f'"{project.version}"'}:
        raise Refusal(
            412, "version_mismatch",
            f"{project.name} was changed by somebody else in the meantime (version {project.version}).",
            "Look at it again, then decide.",
        )  # fmt: skip


def _configured(call: Call, project: SimulatedProject, name: str, what: str) -> httpx.Response:
    box = call.box
    with box.changed:
        box.record(f"secret.{what}", f"The secret {name} was {what}.", project=project.name, actor=box.actor, name=name)
        runs = project.desired == "running" and project.standing.phase is not Phase.FAILED
        operation = _begin(project, OperationKind.CONFIGURE, scripts.replace) if runs else None
    return answered(SecretChange(name=name, operation=operation), 202 if operation is not None else 200)


@routes("GET", "/v1/operations")
def operations(call: Call) -> httpx.Response:
    """The newest first."""
    asked, limit = call.query.get("project"), int(call.query.get("limit", 100))
    every = [each for each in reversed(call.box.life.operations.values()) if asked in {None, each.project}]
    return answered(every[:limit])


@routes("GET", "/v1/operations/{operation}")
def operation(call: Call) -> httpx.Response:
    """One; with ``wait`` when it is final."""
    return waited(call, _operation(call), float(call.query.get("wait", 0)))


@routes("POST", "/v1/operations/{operation}/cancel")
def cancel(call: Call) -> httpx.Response:
    """Give it up while it loads; what still starts ends."""
    with call.box.changed:
        running = _operation(call)
        what = f"{running.kind} of {running.project}"
        if running.state.is_final:
            raise Refusal(409, "operation_finished", f"The {what} has {running.state} already.",
                          "What it did is undone by another change: aana rollback, aana stop.")  # fmt: skip
        if not running.cancellable:
            raise Refusal(409, "not_cancellable", f"A {running.kind} cannot be cancelled.")
        box = call.box
        ended = box.life.finish(running.id, OperationState.CANCELLED, message=f"cancelled by {box.actor}")
        project = box.projects[running.project]
        project.version += 1
        project.give_up_starting()
    return answered(ended)


def _operation(call: Call) -> Operation:
    name = call.path["operation"]
    known = call.box.life.operations.get(name)
    if known is None:
        raise Refusal(404, "operation_not_found", f"There is no operation {name}.")
    return known
