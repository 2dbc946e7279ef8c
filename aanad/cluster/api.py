"""The unit's three routes, on its Unix socket."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from aanad.cluster import import_secrets
from aanad.errors import InvalidInput
from aanad.wire.manifest import LoadFailure, LoadResult

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from starlette.requests import Request

    from aanad.cluster.loading import Loading
    from aanad.cluster.project_environments import ProjectEnvironments
    from aanad.wire.base import WireModel
    from aanad.wire.unit import UnitStatus

MAX_HEADERS_BYTES = 256 * 1024
"""All secrets of a project travel in one header; JSON and base64 may make several times their size of them."""
SOCKET_MODE = 0o660
PROJECT_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
APP_NAME = re.compile(r"[A-Za-z_][\w.]*(:[A-Za-z_]\w*)?")


def application(
    status: Callable[[], Awaitable[UnitStatus]], environments: ProjectEnvironments, loading: Loading
) -> Starlette:
    """The routes that ``aanad/wire/unit.py`` describes."""

    async def unit(request: Request) -> Response:  # noqa: ARG001 - the signature is Starlette's
        return _answer(await status())

    async def load(request: Request) -> Response:
        project = request.query_params.get("project", "")
        app = request.query_params.get("app") or None
        if not PROJECT_NAME.fullmatch(project) or (app and not APP_NAME.fullmatch(app)):
            failure = LoadFailure(
                code="invalid_input",
                message=f"{project!r} with app {app!r} names no project.",
                hint="A name has at most 48 lower-case letters, digits and underscores; app is module:attribute.",
            )
            return _answer(LoadResult(failure=failure))
        try:
            secrets = import_secrets.read(request.headers.get(import_secrets.HEADER))
        except InvalidInput as error:
            return _answer(
                LoadResult(failure=LoadFailure(code=error.code, message=error.message, hint=error.hint or ""))
            )
        environment = request.query_params.get("environment") or None
        return _answer(
            await loading.load(request.stream(), project=project, app=app, environment=environment, secrets=secrets)
        )

    async def prepare(request: Request) -> Response:
        return _answer(await environments.prepare(request.stream()))

    return Starlette(
        routes=[
            Route("/v1/unit", unit),
            Route("/v1/environment", prepare, methods=["POST"]),
            Route("/v1/load", load, methods=["POST"]),
        ]
    )


def listen(path: Path) -> socket.socket:
    """Bind the socket ourselves: uvicorn would let everybody on the machine connect."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o777 & ~SOCKET_MODE)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    path.chmod(SOCKET_MODE)
    return listener


class Server(uvicorn.Server):
    """Uvicorn without its own handling of signals, which the unit does."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def server(app: Starlette) -> Server:
    """A server for the application; serve it on what `listen` returned."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        h11_max_incomplete_event_size=MAX_HEADERS_BYTES,
        timeout_graceful_shutdown=1,
    )
    return Server(config)


def _answer(model: WireModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
