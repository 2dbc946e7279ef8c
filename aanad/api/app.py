"""The ASGI application of the control API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI

import aanad
from aanad.api import (
    access,
    errors,
    events,
    hardware,
    invoke,
    logs,
    metrics,
    operations,
    projects,
    replicas,
    requests,
    secrets,
    status,
    verbs,
    watch,
)

if TYPE_CHECKING:
    from aanad.api.services import Services


def create_app(services: Services) -> FastAPI:
    """The control API over these services."""
    app = FastAPI(
        title="Aana control API",
        version=aanad.__version__,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(access.require_role)],
    )
    app.state.services = services
    errors.install(app)
    for module in (
        status,
        access,
        projects,
        verbs,
        secrets,
        replicas,
        invoke,
        operations,
        events,
        logs,
        requests,
        hardware,
        metrics,
        watch,
    ):
        app.include_router(module.router)
    return app
