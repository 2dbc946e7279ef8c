"""``/v1/replicas``: the replicas of all projects."""

from __future__ import annotations

from fastapi import APIRouter

from aanad.api.services import Core
from aanad.wire.project_file import ProjectName
from aanad.wire.projects import Replica

router = APIRouter(prefix="/v1/replicas", tags=["replicas"])


@router.get("")
async def list_replicas(core: Core, project: ProjectName | None = None) -> list[Replica]:
    """Every replica, or those of one project."""
    return await core.overview.replicas(project)
