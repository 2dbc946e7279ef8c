"""``/v1/projects/{project}/…``: the verbs that change a project, and the plans of them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from aanad.api.answers import operation_answer
from aanad.api.projects import Name, RevisionId
from aanad.api.services import Actor, Core, ExpectedVersion, Mutation, Wait
from aanad.errors import InvalidInput
from aanad.wire.operations import Operation
from aanad.wire.plan import Plan
from aanad.wire.projects import ScaleRequest

router = APIRouter(prefix="/v1/projects", tags=["verbs"])
GitCommit = Annotated[str | None, Query(pattern=r"^[0-9a-f]{7,64}$")]
AppPath = Annotated[str | None, Query(pattern=r"^[A-Za-z_][\w.]*(:[A-Za-z_]\w*)?$", max_length=200)]
PlanAction = Literal["deploy", "rollback", "start", "restart", "stop", "remove", "scale"]
MAX_SCALE_BYTES = 64 * 1024


@router.post("/{project}/revisions", status_code=202)
async def deploy(
    core: Core,
    actor: Actor,
    mutation: Mutation,
    version: ExpectedVersion,
    project: Name,
    request: Request,
    response: Response,
    *,
    activate: bool = True,
    app: AppPath = None,
    git_commit: GitCommit = None,
    wait: Wait = 0,
) -> Operation:
    """Upload an archive (``application/zip``); it becomes a revision and, with `activate`, is run."""
    _require_zip(request)
    operation = await core.deploy.upload(
        project,
        request.stream(),
        actor=actor,
        activate=activate,
        app=app,
        git_commit=git_commit,
        if_match=version,
        request=mutation,
    )
    response.status_code = 200
    return await operation_answer(core, operation, wait, response)


@router.post("/{project}/plan")
async def plan(
    core: Core,
    actor: Actor,
    project: Name,
    request: Request,
    action: PlanAction,
    revision: RevisionId = None,
    app: AppPath = None,
) -> Plan:
    """What a change would do: for `deploy` the body is the archive, for `scale` a ScaleRequest. Nothing is done."""
    if action == "deploy":
        _require_zip(request)
        return await core.plans.deploy(project, request.stream(), app=app, actor=actor)
    record = await core.commands.require(project)
    if action == "scale":
        return await core.plans.scale(record, await _scale_request(request))
    if action == "rollback":
        return await core.plans.rollback(record, revision)
    return await core.plans.verb(record, action)


@router.post("/{project}/start")
async def start(
    core: Core,
    actor: Actor,
    mutation: Mutation,
    project: Name,
    version: ExpectedVersion,
    response: Response,
    wait: Wait = 0,
) -> Operation:
    """Run the active revision; one that failed is tried again."""
    operation = await core.commands.start(project, actor=actor, if_match=version, request=mutation)
    return await operation_answer(core, operation, wait, response)


@router.post("/{project}/stop")
async def stop(
    core: Core,
    actor: Actor,
    mutation: Mutation,
    project: Name,
    version: ExpectedVersion,
    response: Response,
    wait: Wait = 0,
) -> Operation:
    """Stop it; it stays stopped until somebody starts it."""
    operation = await core.commands.stop(project, actor=actor, if_match=version, request=mutation)
    return await operation_answer(core, operation, wait, response)


@router.post("/{project}/restart")
async def restart(
    core: Core,
    actor: Actor,
    mutation: Mutation,
    project: Name,
    version: ExpectedVersion,
    response: Response,
    wait: Wait = 0,
) -> Operation:
    """Replace every replica, a few at a time."""
    operation = await core.commands.restart(project, actor=actor, if_match=version, request=mutation)
    return await operation_answer(core, operation, wait, response)


@router.post("/{project}/scale")
async def scale(
    core: Core,
    actor: Actor,
    mutation: Mutation,
    project: Name,
    version: ExpectedVersion,
    body: ScaleRequest,
    response: Response,
    wait: Wait = 0,
) -> Operation:
    """Set numbers of replicas, by deployment; they survive a redeploy. Null goes back to what the project says."""
    operation = await core.commands.scale(project, body, actor=actor, if_match=version, request=mutation)
    return await operation_answer(core, operation, wait, response)


@router.post("/{project}/rollback")
async def rollback(
    core: Core,
    actor: Actor,
    mutation: Mutation,
    project: Name,
    version: ExpectedVersion,
    response: Response,
    revision: RevisionId = None,
    wait: Wait = 0,
) -> Operation:
    """Activate an older revision: the one named, or the last one before the active one that was ready."""
    operation = await core.commands.rollback(project, revision, actor=actor, if_match=version, request=mutation)
    return await operation_answer(core, operation, wait, response)


@router.delete("/{project}")
async def remove(
    core: Core,
    actor: Actor,
    mutation: Mutation,
    project: Name,
    version: ExpectedVersion,
    response: Response,
    *,
    force: bool = False,
    wait: Wait = 0,
) -> Operation:
    """Forget a project and its revisions; one that runs only with `force`."""
    operation = await core.commands.remove(project, actor=actor, force=force, if_match=version, request=mutation)
    return await operation_answer(core, operation, wait, response)


def _require_zip(request: Request) -> None:
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/zip":
        raise InvalidInput("The body must be a zip archive (content type application/zip).", code="invalid_archive")


async def _scale_request(request: Request) -> ScaleRequest:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_SCALE_BYTES:
            raise InvalidInput("The body is too large for numbers of replicas.")
    try:
        return ScaleRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidInput(f"The request cannot be used: {where}: {first['msg']}.") from error
