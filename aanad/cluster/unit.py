"""The unit as a whole: socket first, then the head, until a signal; the order of stopping is the reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import TYPE_CHECKING

from aanad.cluster import api
from aanad.cluster.children import Children
from aanad.cluster.downloads import Downloads
from aanad.cluster.loading import Loading
from aanad.cluster.log_retention import LogRetention
from aanad.cluster.project_environments import ProjectEnvironments
from aanad.cluster.replicas import Replicas
from aanad.cluster.report import Report
from aanad.cluster.supervisor import Supervisor
from aanad.errors import Failed
from aanad.wire.unit import UnitState, UnitStatus

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aanad.cluster.folders import Folders
    from aanad.settings import Settings

log = logging.getLogger(__name__)
SERVER_STOP_S = 2.0


async def run(settings: Settings, folders: Folders, *, joins: str | None, reads_only: bool) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        AanaError: the head cannot be started until somebody acts, or something of it could not be ended.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    children = Children()
    children.adopt_orphans()
    report = Report(str(settings.ray_log_path))
    environments = ProjectEnvironments(folders, children, timeout_s=settings.ray.environment_timeout_s)
    loading = Loading(folders, children, environments, timeout_s=settings.ray.load_timeout_s)
    replicas = Replicas(report.raylet)
    downloads = Downloads(lambda: replicas.pids)

    async def status() -> UnitStatus:
        found = await downloads.current()
        return report.status.model_copy(update={"exits": replicas.exits, "downloads": found})

    listener = api.listen(folders.socket)
    server = api.server(api.application(status, environments, loading))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="api")
    supervisor = Supervisor(settings, folders, report, children, joins=joins)
    if reads_only:
        report.turn(UnitState.READY)
        work: Coroutine[None, None, object] = stopping.wait()
    else:
        work = supervisor.run()
    supervising = asyncio.create_task(work, name="supervisor")
    watching = asyncio.create_task(replicas.run(), name="replicas")
    sweeping = asyncio.create_task(LogRetention(folders.ray_temp, settings.log).run(), name="log retention")
    waiting = asyncio.create_task(stopping.wait(), name="signal")
    try:
        await asyncio.wait({supervising, waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
        supervising.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await supervising
    finally:
        waiting.cancel()
        for task in (watching, sweeping):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        is_clean = await supervisor.stop()
        await loading.stop()
        await environments.stop()
        server.should_exit = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(serving, SERVER_STOP_S)
        listener.close()
        folders.socket.unlink(missing_ok=True)
        children.reap()
    if not is_clean:
        raise Failed("Some processes of the Ray head could not be ended.", code="stop_incomplete")
    folders.clean_after_stop()
    log.info("unit.stopped")
