"""``/v1/requests``: numbers of requests and calls."""

from __future__ import annotations

from fastapi import APIRouter

from aanad.api.services import Core
from aanad.wire.project_file import ProjectName
from aanad.wire.request_stats import RequestStats

router = APIRouter(prefix="/v1/requests", tags=["requests"])


@router.get("")
async def list_requests(core: Core, project: ProjectName | None = None) -> list[RequestStats]:
    """Rates, latencies, errors and queues by project, endpoint and deployment, of the last minute, with totals."""
    return await core.requests.stats(project)
