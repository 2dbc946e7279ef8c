"""``/v1/logs``: what replicas wrote, merged in time order."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from aanad.api.answers import ndjson
from aanad.api.services import Core
from aanad.wire.project_file import ProjectName

router = APIRouter(prefix="/v1/logs", tags=["logs"])
Part = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]


@router.get("", response_class=StreamingResponse)
async def read_logs(
    core: Core,
    *,
    project: ProjectName | None = None,
    deployment: Part = None,
    replica: Part = None,
    tail: Annotated[int, Query(ge=0, le=100_000)] = 100,
    follow: bool = False,
) -> StreamingResponse:
    """The last `tail` records, one JSON object a line; with `follow`, each new one as it is written."""
    return ndjson(
        await core.logs.read(project=project, deployment=deployment, replica=replica, tail=tail, follow=follow)
    )
