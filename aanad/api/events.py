"""``/v1/events``: the ordered record of what happened and who did it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from aanad.api.answers import ndjson
from aanad.api.services import Core
from aanad.wire.events import Event
from aanad.wire.project_file import ProjectName

router = APIRouter(prefix="/v1/events", tags=["events"])


@router.get("", response_model=list[Event])
async def list_events(
    core: Core,
    *,
    since: Annotated[int, Query(ge=0, description="The cursor to read on from.")] = 0,
    project: ProjectName | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    follow: bool = False,
) -> list[Event] | StreamingResponse:
    """Events after a cursor, the oldest first (without one, the last `limit`); with `follow`, a stream of lines."""
    if follow:
        return ndjson(core.events.follow(since=since, project=project, limit=limit))
    return await core.events.list(since=since, project=project, limit=limit)
