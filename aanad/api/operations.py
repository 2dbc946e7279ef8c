"""``/v1/operations``: watch a change until it is done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from aanad.api.answers import ACCEPTED
from aanad.api.services import Actor, Core, Wait
from aanad.wire.operations import Operation
from aanad.wire.project_file import ProjectName

router = APIRouter(prefix="/v1/operations", tags=["operations"])


@router.get("")
async def list_operations(
    core: Core, project: ProjectName | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[Operation]:
    """Operations, the newest first."""
    return await core.operations.list(project=project, limit=limit)


@router.get("/{operation}")
async def read_operation(
    core: Core, operation: str, response: Response, *, wait: Wait = 0, changed: bool = False
) -> Operation:
    """One operation; with `wait`, as soon as it is final, or with `changed`, as soon as it differs from now."""
    found = await core.operations.get(operation)
    if wait:
        found = await core.operations.wait(operation, wait, seen=found if changed else None)
    if not found.state.is_final:
        response.status_code = ACCEPTED
    return found


@router.post("/{operation}/cancel")
async def cancel_operation(core: Core, actor: Actor, operation: str) -> Operation:
    """Give it up while it loads; what ran before comes back."""
    return await core.cancelling.cancel(operation, actor=actor)
