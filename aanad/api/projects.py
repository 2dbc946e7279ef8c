"""``/v1/projects``: list and read them, and register a folder of this machine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from aanad.api.answers import operation_answer
from aanad.api.services import Actor, Core, Mutation, Wait
from aanad.wire.diff import RevisionDiff
from aanad.wire.operations import Operation
from aanad.wire.project_file import ProjectName
from aanad.wire.projects import Endpoint, Project, ProjectDetail, ProjectFolder, Replica, Revision

router = APIRouter(prefix="/v1/projects", tags=["projects"])
Name = Annotated[ProjectName, Path(description="The project's name.")]
RevisionId = Annotated[str | None, Query(pattern=r"^[0-9a-f]{1,12}$", description="A revision, or how it begins.")]


@router.get("")
async def list_projects(core: Core) -> list[Project]:
    """All projects, by name."""
    return await core.overview.projects()


@router.post("", status_code=202)
async def register_folder(
    core: Core,
    actor: Actor,
    mutation: Mutation,
    folder: ProjectFolder,
    response: Response,
    wait: Wait = 0,
) -> Operation:
    """Deploy a folder of the daemon's own machine; for admins, because it is read with the daemon's rights."""
    archive = await core.packing.pack(folder.path)
    operation = await core.deploy.upload(
        archive.name,
        archive.chunks(),
        actor=actor,
        activate=folder.activate,
        app=archive.app,
        git_commit=archive.git_commit,
        request=mutation,
    )
    response.status_code = 200
    return await operation_answer(core, operation, wait, response)


@router.get("/{project}")
async def read_project(core: Core, project: Name, response: Response) -> ProjectDetail:
    """One project with its deployments."""
    detail = await core.overview.project(project)
    response.headers["ETag"] = detail.etag
    return detail


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


@router.get("/{project}/diff")
async def diff_revisions(
    core: Core, project: Name, before: RevisionId = None, after: RevisionId = None
) -> RevisionDiff:
    """What differs between two revisions; from the one before the active one to the active one where not said."""
    return await core.revisions.diff(await core.commands.require(project), before, after)
