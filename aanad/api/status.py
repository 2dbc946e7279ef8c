"""``/v1/status``, ``/v1/version``, ``/healthz`` and ``/readyz``."""

from __future__ import annotations

from fastapi import APIRouter, Response

import aanad
from aanad.api.services import Core
from aanad.wire.status import Health, Status, Version

router = APIRouter(tags=["daemon"])
NOT_READY = 503


@router.get("/healthz")
async def healthz(core: Core) -> Health:
    """200 as soon as the daemon answers; Ray may still be coming up."""
    return await core.status.health()


@router.get("/readyz")
async def readyz(core: Core, response: Response) -> Health:
    """200 when Ray and the store can be used, else 503."""
    health = await core.status.health()
    if health.status != "ok":
        response.status_code = NOT_READY
    return health


@router.get("/v1/version")
async def version() -> Version:
    """Versions of the daemon and its API."""
    return Version(version=aanad.__version__, api_versions=["v1"])


@router.get("/v1/status")
async def status(core: Core) -> Status:
    """The daemon, Ray and the store."""
    return await core.status.status()
