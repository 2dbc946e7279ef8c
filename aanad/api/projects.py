"""``/v1/projects``: read them, and the verbs that change them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from aanad.api.answers import operation_answer
from aanad.api.services import Actor, Core, ExpectedVersion, LocalAdmin, Wait
from aanad.errors import InvalidInput, Refused
from aanad.wire.operations import Operation
from aanad.wire.project_file import ProjectName
from aanad.wire.projects import Endpoint, Project, ProjectDetail, ProjectFolder, Replica, Revision

router = APIRouter(prefix="/v1/projects", tags=["projects"])
Name = Annotated[ProjectName, Path(description="The project's name.")]
GitCommit = Annotated[str | None, Query(pattern=r"^[0-9a-f]{7,64}$")]
AppPath = Annotated[str | None, Query(pattern=r"^[A-Za-z_][\w.]*(:[A-Za-z_]\w*)?$", max_length=200)]


@router.get("")
async def list_projects(core: Core) -> list[Project]:
    """All projects, by name."""
    return await core.overview.projects()


@router.post("", status_code=202)
async def register_folder(
    core: Core, actor: Actor, local_admin: LocalAdmin, folder: ProjectFolder, response: Response, wait: Wait = 0
) -> Operation:
    """Deploy a folder of the daemon's own machine; for root and the daemon's user."""
    if not local_admin:
        raise Refused(
            "Only root and the daemon's own user may name a folder of this machine.",
            hint="Upload it instead: aana deploy packs it as you.",
            code="admin_required",
        )
    archive = await core.packing.pack(folder.path)
    operation = await core.deploy.upload(
        archive.name,
        archive.chunks(),
        actor=actor,
        activate=folder.activate,
        app=archive.app,
        git_commit=archive.git_commit,
    )
    response.status_code = 200
    return await operation_answer(core, operation, wait, response)


@router.get("/{project}")
async def read_project(core: Core, project: Name, response: Response) -> ProjectDetail:
    """One project with its deployments."""
    detail = await core.overview.project(project)
    response.headers["ETag"] = detail.etag
    return detail


@router.post("/{project}/revisions", status_code=202)
async def deploy(
    core: Core,
    actor: Actor,
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
    content_type = request.headers.get("content-type", "")
    if content_type.split(";")[0].strip() != "application/zip":
        raise InvalidInput("The body must be a zip archive (content type application/zip).", code="invalid_archive")
    operation = await core.deploy.upload(
        project, request.stream(), actor=actor, activate=activate, app=app, git_commit=git_commit
    )
    response.status_code = 200
    return await operation_answer(core, operation, wait, response)


@router.post("/{project}/start")
async def start(
    core: Core, actor: Actor, project: Name, version: ExpectedVersion, response: Response, wait: Wait = 0
) -> Operation:
    """Run the active revision; one that failed is tried again."""
    operation = await core.commands.start(project, actor=actor, if_match=version)
    return await operation_answer(core, operation, wait, response)


@router.post("/{project}/stop")
async def stop(
    core: Core, actor: Actor, project: Name, version: ExpectedVersion, response: Response, wait: Wait = 0
) -> Operation:
    """Stop it; it stays stopped until somebody starts it."""
    operation = await core.commands.stop(project, actor=actor, if_match=version)
    return await operation_answer(core, operation, wait, response)


@router.post("/{project}/restart")
async def restart(
    core: Core, actor: Actor, project: Name, version: ExpectedVersion, response: Response, wait: Wait = 0
) -> Operation:
    """Replace every replica, a few at a time."""
    operation = await core.commands.restart(project, actor=actor, if_match=version)
    return await operation_answer(core, operation, wait, response)


@router.delete("/{project}")
async def remove(
    core: Core,
    actor: Actor,
    project: Name,
    version: ExpectedVersion,
    response: Response,
    *,
    force: bool = False,
    wait: Wait = 0,
) -> Operation:
    """Forget a project and its revisions; one that runs only with `force`."""
    operation = await core.commands.remove(project, actor=actor, force=force, if_match=version)
    return await operation_answer(core, operation, wait, response)


@router.get("/{project}/endpoints")
async def list_endpoints(core: Core, project: Name) -> list[Endpoint]:
    """The endpoints of the active revision, with their JSON schemas."""
    return await core.overview.endpoints(project)


@router.get("/{project}/replicas")
async def list_replicas(core: Core, project: Name) -> list[Replica]:
    """The replicas of one project."""
    return await core.overview.replicas(project)


@router.get("/{project}/revisions")
async def list_revisions(core: Core, project: Name) -> list[Revision]:
    """The revisions, the newest first."""
    return await core.overview.revisions(project)
