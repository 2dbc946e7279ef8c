"""``/v1/gpus`` and ``/v1/nodes``: what the hardware does now, and did in the last hour."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from aanad.api.services import Core
from aanad.wire.hardware import Gpu, History, Node

router = APIRouter(prefix="/v1", tags=["hardware"])
Width = Annotated[int, Query(ge=1, le=4000, description="How many steps.")]
Seconds = Annotated[int, Query(ge=1, le=3600, description="How far back.")]
NodeName = Annotated[str | None, Query(max_length=253, description="Only this node: an address, a hostname or an id.")]


@router.get("/gpus")
async def list_gpus(core: Core) -> list[Gpu]:
    """Every GPU of the cluster with its processes, and with the replicas that hold it."""
    return await core.hardware.gpus()


@router.get("/gpus/history")
async def gpu_history(
    core: Core,
    *,
    width: Width = 60,
    seconds: Seconds = 3600,
    node: NodeName = None,
    gpu: Annotated[int | None, Query(ge=0, description="Only GPUs of this index.")] = None,
) -> History:
    """Utilisation, memory, temperature and power of GPUs: mean and maximum by step, null where nothing was measured."""
    return await core.hardware.history(seconds=seconds, width=width, node=node, gpu=gpu)


@router.get("/nodes")
async def list_nodes(core: Core) -> list[Node]:
    """Every machine of the cluster: CPUs, memory, and whether its GPUs can be measured."""
    return await core.hardware.nodes()


@router.get("/nodes/history")
async def node_history(core: Core, *, width: Width = 60, seconds: Seconds = 3600, node: NodeName = None) -> History:
    """CPUs and memory of the nodes: mean and maximum by step, null where nothing was measured."""
    return await core.hardware.node_history(seconds=seconds, width=width, node=node)
