"""``/v1/events``: the ordered record of what happened and who did it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, Field

from aanad.api.answers import ndjson
from aanad.api.services import Core
from aanad.core.records import EventQuery
from aanad.wire.events import Event
from aanad.wire.project_file import ProjectName

router = APIRouter(prefix="/v1/events", tags=["events"])


Type = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*(\.?\*)?$|^\*$", max_length=64)]
"""``replica.died``, or ``replica.*``."""
MAX_CURSOR = 2**63 - 1
CURSOR_HEADER = "Aana-Cursor"


@router.get("", response_model=list[Event])
async def list_events(
    core: Core,
    response: Response,
    *,
    project: Annotated[list[ProjectName], Query(default_factory=list, description="May be given several times.")],
    type: Annotated[  # noqa: A002 - the parameter's name
        list[Type], Query(default_factory=list, description="Exact, or `replica.*`; may be given several times.")
    ],
    actor: Annotated[str | None, Query(max_length=200)] = None,
    after: Annotated[AwareDatetime | None, Query(description="Only events that are not older.")] = None,
    since: Annotated[int | None, Query(ge=0, le=MAX_CURSOR, description="The cursor to read on from.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    follow: bool = False,
) -> list[Event] | StreamingResponse:
    """Events after a cursor, the oldest first (without one, the last `limit`); with `follow`, a stream of lines.

    Where events after the cursor are not kept any more, one of the type ``events.missing`` stands before the rest.
    The header ``Aana-Cursor`` is the cursor of the last event there is, whatever was asked for.
    """
    query = EventQuery(projects=tuple(project), types=tuple(type), actor=actor, after=after)
    last = str(await core.events.last_cursor())
    if follow:
        stream = ndjson(core.events.follow(query, since=since, limit=limit))
        stream.headers[CURSOR_HEADER] = last
        return stream
    response.headers[CURSOR_HEADER] = last
    return await core.events.list(query, since=since, limit=limit)
