"""The two shapes that several routers share: an operation, and a stream of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Response

    from aanad.api.services import Services
    from aanad.wire.base import WireModel
    from aanad.wire.operations import Operation

ACCEPTED = 202


async def operation_answer(core: Services, operation: Operation, wait: float, response: Response) -> Operation:
    """200 with its outcome where it ends within `wait` seconds, else 202 and where to ask again."""
    if wait and not operation.state.is_final:
        operation = await core.operations.wait(operation.id, wait)
    if not operation.state.is_final:
        response.status_code = ACCEPTED
        response.headers["Location"] = f"/v1/operations/{operation.id}"
    return operation


def ndjson(records: AsyncIterator[WireModel | None]) -> StreamingResponse:
    """One record a line; an empty line is a heartbeat."""

    async def lines() -> AsyncIterator[bytes]:
        async for record in records:
            yield b"\n" if record is None else record.model_dump_json().encode() + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")
