"""``/v1/logs``: what replicas wrote, merged in time order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from aanad.api.services import Core
from aanad.core.logs import LogScope
from aanad.core.records import LogQuery
from aanad.errors import InvalidInput
from aanad.wire.logs import LogLevel, LogSourceKind
from aanad.wire.project_file import ProjectName

router = APIRouter(prefix="/v1/logs", tags=["logs"])
Part = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
Moment = Annotated[str | None, Query(max_length=64, description="RFC 3339, or how long ago: 90s, 10m, 2h, 1d.")]
MAX_CURSOR_CHARS = 1024 * 1024
MAX_PATTERN_CHARS = 1000
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@router.get("", response_class=StreamingResponse)
async def read_logs(
    core: Core,
    *,
    project: Annotated[list[ProjectName] | None, Query(description="May be given several times; default: all.")] = None,
    deployment: Part = None,
    replica: Annotated[Part, Query(description="Its id, or the last characters of it.")] = None,
    source: Annotated[list[LogSourceKind] | None, Query(description="May be given several times.")] = None,
    tail: Annotated[
        Annotated[int, Query(ge=0, le=100_000)] | Literal["all"],
        Query(description="How many records to begin with, after filtering."),
    ] = 100,
    follow: bool = False,
    since: Moment = None,
    until: Moment = None,
    level: Annotated[LogLevel | None, Query(description="At least this severe.")] = None,
    grep: Annotated[
        str | None, Query(max_length=MAX_PATTERN_CHARS, description="A regular expression (RE2), in the message.")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARS, description="Begin after it.")] = None,
    aana_cursor: Annotated[
        str | None, Header(max_length=MAX_CURSOR_CHARS, description="A cursor that is too long for a query.")
    ] = None,
) -> StreamingResponse:
    """The last `tail` records, one JSON object a line; with `follow`, each new one as it is written.

    Lines of the form ``{"cursor": …}`` say where the stream stands; an empty line is a heartbeat.
    """
    pieces = await core.logs.read(
        LogScope(tuple(project or ()), deployment, replica, frozenset(source or ())),
        LogQuery(
            tail=None if tail == "all" else tail,
            follow=follow,
            cursor=cursor or aana_cursor,
            since=_moment(since, "since"),
            until=_moment(until, "until"),
            level=level,
            grep=grep,
        ),
    )
    return StreamingResponse(pieces, media_type="application/x-ndjson")


def _moment(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    number, unit = text[:-1], _UNITS.get(text[-1])
    try:
        if unit is not None and number.isascii() and number.isdigit():
            return datetime.now(UTC) - timedelta(**{unit: int(number)})
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{name} is neither a time nor a duration: {text!r}.",
            hint="2026-01-02T03:04:05Z, say, or 10m for ten minutes ago; units are s, m, h, d.",
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
