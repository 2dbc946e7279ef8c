"""What Ray has of a log API, over real HTTP: the dashboard's lists and each node's agent with its folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

TOKEN = "the-token"


class RayLogApi:
    """One node's folder, served as Ray serves it; aiohttp is what Ray's agent serves it with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "serve").mkdir(parents=True, exist_ok=True)
        self.requests: list[str] = []
        """What the agent was asked for."""
        self.answers = asyncio.Event()
        """Cleared: it takes questions and answers none."""
        self.answers.set()
        self.when_done: list[Callable[[], object]] = []
        """Called at the end."""
        self._runners: list[web.AppRunner] = []
        self.url = ""
        self._agent_port = 0

    async def start(self) -> None:
        """Listen on free ports."""
        agent = web.Application(middlewares=[self._check])
        agent.router.add_static("/logs", self.folder, show_index=True)
        self._agent_port = await self._serve(agent)
        dashboard = web.Application(middlewares=[self._check])
        dashboard.router.add_get("/nodes/{node}", self._node)
        dashboard.router.add_get("/api/v0/logs", self._list)
        self.url = f"http://127.0.0.1:{await self._serve(dashboard)}"

    async def stop(self) -> None:
        """Close all connections."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def restart(self) -> None:
        """Come back on other ports, as an agent does that was run again."""
        await self.stop()
        await self.start()

    async def _serve(self, app: web.Application) -> int:
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._runners.append(runner)
        return runner.addresses[0][1]

    @web.middleware
    async def _check(self, request: web.Request, handler: object) -> web.StreamResponse:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise web.HTTPUnauthorized
        if request.path.startswith("/logs"):
            self.requests.append(request.path)
        await self.answers.wait()
        return await handler(request)  # type: ignore[operator]

    async def _node(self, request: web.Request) -> web.Response:
        raylet = {"nodeManagerAddress": "127.0.0.1", "dashboardAgentListenPort": self._agent_port}
        detail = {"raylet": raylet} if request.match_info["node"] == "n1" else {}
        return web.json_response({"result": True, "data": {"detail": detail}})

    async def _list(self, request: web.Request) -> web.Response:
        if request.query["node_id"] != "n1":
            return web.json_response({"result": False, "msg": "no such node", "data": {}}, status=500)
        found = [path.relative_to(self.folder).as_posix() for path in self.folder.glob(request.query["glob"])]
        return web.json_response({"result": True, "data": {"result": {"internal": found}}})


@asynccontextmanager
async def ray_log_api(folder: Path) -> AsyncIterator[RayLogApi]:
    """The API while it is served."""
    api = RayLogApi(folder)
    await api.start()
    try:
        yield api
    finally:
        api.answers.set()
        await api.stop()
        for call in api.when_done:
            call()
