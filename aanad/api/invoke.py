"""``…/invoke``: a test request to an endpoint, passed through with streaming and binary bodies."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Path, Request
from fastapi.responses import StreamingResponse

from aanad.api.services import Core
from aanad.wire.project_file import ProjectName

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

router = APIRouter(prefix="/v1/projects", tags=["endpoints"])
PASSED_ON = {"content-type", "content-length", "accept", "range", "if-range"}
PASSED_BACK = {
    "accept-ranges",
    "content-disposition",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "last-modified",
    "retry-after",
    "x-request-id",
}


@router.post("/{project}/endpoints/{endpoint}/invoke", response_class=StreamingResponse)
async def invoke(
    core: Core, project: ProjectName, endpoint: Annotated[str, Path(max_length=200)], request: Request
) -> StreamingResponse:
    """Send the body to the endpoint; its status, headers and body come back, with the time it took in a header."""
    target = await core.overview.endpoint(project, endpoint)
    headers = {name: value for name, value in request.headers.items() if name in PASSED_ON}
    began = time.monotonic()
    stack = AsyncExitStack()
    answer = await stack.enter_async_context(core.inference.post(target.url, headers=headers, body=request.stream()))
    received = cast("Mapping[str, Any]", answer.headers)
    back = {name: value for name, value in received.items() if name.lower() in PASSED_BACK}
    back["X-Aana-Duration-Ms"] = f"{(time.monotonic() - began) * 1000:.1f}"

    async def body() -> AsyncIterator[bytes]:
        async with stack:
            async for chunk in answer.aiter_raw():
                yield chunk

    return StreamingResponse(body(), status_code=answer.status_code, headers=back)
