"""The composition root: settings → store → adapters → core → api → ready; and the order of stopping.

``aanad`` runs the daemon in the foreground; ``aanad ray`` becomes the Ray unit.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import signal
import stat
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aanad
from aanad import log_output
from aanad.errors import AanaError, Refused
from aanad.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

logger = logging.getLogger("aanad.daemon")
FLAGS = {"state_dir": "AANA_STATE_DIR", "runtime_dir": "AANA_RUNTIME_DIR", "port": "AANA_SERVE__PORT"}


def main() -> None:
    """The ``aanad`` command."""
    if sys.argv[1:2] == ["ray"]:
        # A program of its own: the daemon's process never loads what the unit needs, nor the other way round.
        os.execv(sys.executable, [sys.executable, "-m", "aanad.cluster", *sys.argv[2:]])  # noqa: S606
    try:
        settings = _settings(sys.argv[1:])
        _prepare_logging(settings)
        asyncio.run(run(settings))
    except AanaError as error:
        log_output.note_end(error)
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


async def run(settings: Settings) -> None:
    """Run the daemon until SIGTERM or SIGINT.

    Raises:
        AanaError: it could not start, or the Ray unit refused to.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        work = await _compose(settings, stack)
        tasks = [asyncio.create_task(each()) for each in work]
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            logger.info("daemon.stopping")
        finally:
            for task in [*tasks, stopping]:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


async def _compose(  # noqa: PLR0915 - the one long list of the program
    settings: Settings, stack: contextlib.AsyncExitStack
) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Put the daemon together; what has to be undone goes on the stack, so that stopping is starting in reverse.

    Returns:
        The loops that make it live: the Ray unit's supervisor, the reconciler and the server.
    """
    # Imported here, so that `aanad ray` and a wrong flag pay for none of it.
    from aanad.adapters.archives import FileArchives  # noqa: PLC0415
    from aanad.adapters.clock import SystemClock  # noqa: PLC0415
    from aanad.adapters.counts_files import CountsFiles  # noqa: PLC0415
    from aanad.adapters.inference import InferenceClient  # noqa: PLC0415
    from aanad.adapters.logs.node_files import NodeFiles  # noqa: PLC0415
    from aanad.adapters.logs.reader import LogFiles  # noqa: PLC0415
    from aanad.adapters.machine import Machine  # noqa: PLC0415
    from aanad.adapters.nvml import NvmlSampler  # noqa: PLC0415
    from aanad.adapters.processes import Processes  # noqa: PLC0415
    from aanad.adapters.ray_dashboard import RayDashboard  # noqa: PLC0415
    from aanad.adapters.ray_unit import RayUnitClient  # noqa: PLC0415
    from aanad.adapters.secret_files import SecretFiles  # noqa: PLC0415
    from aanad.adapters.unit_process import UnitProcess  # noqa: PLC0415
    from aanad.api import server  # noqa: PLC0415
    from aanad.api.app import create_app  # noqa: PLC0415
    from aanad.api.services import Services  # noqa: PLC0415
    from aanad.core import topics  # noqa: PLC0415
    from aanad.core.access import AccessRules  # noqa: PLC0415
    from aanad.core.broadcasting import Broadcasting  # noqa: PLC0415
    from aanad.core.cancelling import Cancelling  # noqa: PLC0415
    from aanad.core.commands import Commands  # noqa: PLC0415
    from aanad.core.deadlines import Deadlines  # noqa: PLC0415
    from aanad.core.deploy import Deploy  # noqa: PLC0415
    from aanad.core.event_retention import EventRetention  # noqa: PLC0415
    from aanad.core.events import Events  # noqa: PLC0415
    from aanad.core.hardware import Hardware  # noqa: PLC0415
    from aanad.core.hosts import Hosts  # noqa: PLC0415
    from aanad.core.log_nodes import LogNodes  # noqa: PLC0415
    from aanad.core.logs import Logs  # noqa: PLC0415
    from aanad.core.node_reports import NodeReports  # noqa: PLC0415
    from aanad.core.observation import Observation  # noqa: PLC0415
    from aanad.core.operations import Operations  # noqa: PLC0415
    from aanad.core.overview import Overview  # noqa: PLC0415
    from aanad.core.plans import Plans  # noqa: PLC0415
    from aanad.core.progress import Progress  # noqa: PLC0415
    from aanad.core.reading import Reading  # noqa: PLC0415
    from aanad.core.reconciler import Reconciler  # noqa: PLC0415
    from aanad.core.requests import Requests  # noqa: PLC0415
    from aanad.core.revisions import Revisions  # noqa: PLC0415
    from aanad.core.rooms import Rooms  # noqa: PLC0415
    from aanad.core.sampling import Sampling  # noqa: PLC0415
    from aanad.core.secret_changes import SecretChanges  # noqa: PLC0415
    from aanad.core.status import DaemonStatus  # noqa: PLC0415
    from aanad.core.watch import WatchHub  # noqa: PLC0415
    from aanad.folder_packing import FolderPacking  # noqa: PLC0415
    from aanad.store.sql_store import SqlStore  # noqa: PLC0415

    # 1. Folders and the socket: a second daemon is refused before it touches anything.
    _prepare_folder(settings.state_dir)
    _prepare_folder(settings.runtime_dir)
    listener = server.bind(settings.socket_path)
    stack.callback(settings.socket_path.unlink, missing_ok=True)
    stack.callback(listener.close)
    log_output.to_file(settings.log_path, settings.log, mode=log_output.PRIVATE)

    # 2. The store.
    store = await asyncio.to_thread(SqlStore, settings.database_url)
    stack.push_async_callback(store.close)

    # 3. The adapters.
    clock = SystemClock()
    observation = Observation()
    archives = FileArchives(settings.archives_dir)
    secrets = SecretFiles(settings.secrets_dir, lambda: _read_token(settings.ray_token_path))
    unit = RayUnitClient(
        settings.ray_socket_path,
        load_timeout_s=settings.ray.load_timeout_s,
        environment_timeout_s=settings.ray.environment_timeout_s,
    )
    stack.push_async_callback(unit.close)

    def dashboard_url() -> str | None:
        return settings.ray.dashboard_url or (observation.unit.dashboard_url if observation.unit else None)

    def log_folder() -> Path | None:
        session = observation.unit.session_dir if observation.unit else None
        return Path(session) / "logs" if session else None

    dashboard = RayDashboard(
        url=dashboard_url,
        token=lambda: _read_token(settings.ray_token_path),
        host=settings.serve.host,
        port=settings.serve.port,
    )
    stack.push_async_callback(dashboard.close)
    machine = Machine()
    sampler = NvmlSampler()
    sampler.start()
    stack.callback(sampler.stop)
    node_files = NodeFiles(dashboard.document, lambda: _read_token(settings.ray_token_path))
    stack.push_async_callback(node_files.close)
    log_files = LogFiles(log_folder, node_files)
    inference = InferenceClient(settings.serve_url)
    stack.push_async_callback(inference.close)

    # 4. The core.
    events = Events(store, clock)
    stack.push_async_callback(events.stop)
    operations = Operations(store, clock, events)
    reports = NodeReports(cluster=dashboard, observation=observation, clock=clock, addresses=machine.addresses)
    sampling = Sampling(machine=machine, gpus=sampler, reports=reports, clock=clock)
    hardware = Hardware(
        hosts=Hosts(sampling=sampling, reports=reports, sampler=sampler, observation=observation),
        history=sampling.history,
        processes=Processes(),
        observation=observation,
        clock=clock,
    )
    overview = Overview(
        store=store,
        secrets=secrets,
        observation=observation,
        cluster=dashboard,
        hardware=hardware,
        clock=clock,
        serve_url=settings.serve_url,
    )
    rooms = Rooms(cluster=dashboard, observation=observation)
    revisions = Revisions(
        store=store,
        archives=archives,
        operations=operations,
        events=events,
        clock=clock,
        keep=settings.revisions.keep,
    )
    reconciler = Reconciler(
        store=store,
        cluster=dashboard,
        unit=unit,
        archives=archives,
        secrets=secrets,
        operations=operations,
        progress=Progress(
            store=store,
            archives=archives,
            secrets=secrets,
            operations=operations,
            observation=observation,
            routes=inference,
        ),
        events=events,
        clock=clock,
        observation=observation,
        revisions=revisions,
        deadlines=Deadlines(
            build_s=settings.serve.build_timeout_s,
            ready_s=settings.serve.ready_timeout_s,
            environment_s=settings.ray.environment_timeout_s,
        ),
        rules=settings.requests,
    )
    reading = Reading(store=store, unit=unit, archives=archives, secrets=secrets, clock=clock)
    deploy = Deploy(
        store=store, reading=reading, rooms=rooms, operations=operations, reconciler=reconciler, clock=clock
    )
    commands = Commands(
        store=store, operations=operations, reconciler=reconciler, revisions=revisions, rooms=rooms, clock=clock
    )
    stack.push_async_callback(deploy.stop)
    status = DaemonStatus(
        store=store,
        overview=overview,
        observation=observation,
        clock=clock,
        socket=str(settings.socket_path),
        serve_url=settings.serve_url,
        state_dir=str(settings.state_dir),
        database_url=store.url,
        ray_mode=settings.ray.mode,
    )
    requests = Requests(store=store, observation=observation, files=CountsFiles(log_folder, dashboard), clock=clock)
    broadcasting = Broadcasting(
        WatchHub(),
        topics.sources(
            overview=overview,
            operations=operations,
            events=events,
            status=status,
            requests=requests,
            hardware=hardware,
        ),
        each_second=topics.NUMBERS,
    )
    operations.when_changed = partial(broadcasting.wake, "operations")
    events.when_recorded = partial(broadcasting.wake, "events")
    reconciler.when_seen = partial(broadcasting.wake, *topics.SEEN_BY_THE_RECONCILER)
    await operations.restore()
    await deploy.abandon_unread()
    await reconciler.restore()

    # 5. The API.
    app = create_app(
        Services(
            access=AccessRules(os.geteuid(), settings.access.listed, settings.access.default_role),
            commands=commands,
            deploy=deploy,
            cancelling=Cancelling(store=store, operations=operations, deploy=deploy, reconciler=reconciler),
            plans=Plans(
                store=store,
                archives=archives,
                reading=reading,
                revisions=revisions,
                rooms=rooms,
                observation=observation,
                drain_s=settings.serve.drain_s,
            ),
            revisions=revisions,
            secrets=SecretChanges(secrets=secrets, commands=commands, events=events),
            operations=operations,
            overview=overview,
            events=events,
            logs=Logs(
                store=store,
                secrets=secrets,
                observation=observation,
                reader=log_files,
                daemon_log=settings.log_path,
                nodes=LogNodes(dashboard, observation, clock),
            ),
            requests=requests,
            broadcasting=broadcasting,
            hardware=hardware,
            status=status,
            inference=inference,
            packing=FolderPacking(),
        )
    )
    web = server.server(app)

    async def serve() -> None:
        gc.freeze()  # the program itself is never garbage: looking through it again and again stalls requests
        logger.info("daemon.ready socket=%s version=%s", settings.socket_path, aanad.__version__)
        serving = asyncio.create_task(web.serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            # Streams end with a reason; what then is not done soon is cancelled.
            broadcasting.stop()
            log_files.stop()
            await events.stop()
            web.should_exit = True
            await serving

    retention = EventRetention(store=store, clock=clock, keep_days=settings.events.keep_days, keep=settings.events.keep)
    work: list[Callable[[], Coroutine[Any, Any, None]]] = [
        reconciler.run,
        requests.run,
        sampling.run,
        broadcasting.run,
        events.run,
        retention.run,
        serve,
    ]
    if settings.ray.mode != "unit":
        process = UnitProcess(
            unit,
            runtime_dir=settings.runtime_dir,
            output_path=settings.log_path.with_name("ray-unit.out"),
            arguments=["--quiet", *(["--reader-only"] if settings.ray.mode == "external" else [])],
        )
        stack.push_async_callback(process.stop)
        work.append(process.run)
    await events.record("daemon.started", f"aanad {aanad.__version__} started (pid {os.getpid()}).")
    return work


def _settings(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(
        prog="aanad",
        description="Host projects on Ray Serve. Settings come from a file, AANA_* variables and these flags.",
        epilog="aanad ray runs the Ray unit, which a daemon in a terminal starts by itself.",
    )
    parser.add_argument("--state-dir", help="what must survive a reboot")
    parser.add_argument("--runtime-dir", help="sockets, tokens and Ray's temporary files")
    parser.add_argument("--port", help="the port of all projects (serve.port)")
    parser.add_argument("--version", action="version", version=f"aanad {aanad.__version__}")
    for flag, value in vars(parser.parse_args(arguments)).items():
        if value is not None:
            # The Ray unit that this daemon starts reads the same settings from the environment.
            os.environ[FLAGS[flag]] = value
    return load_settings()


def _prepare_logging(settings: Settings) -> None:
    log_output.to_standard_error(settings.log)
    for chatty in ("httpx", "httpcore", "uvicorn.error", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _prepare_folder(path: Path) -> None:
    """Make a folder that is ours alone; in a shared /tmp somebody else may have made it first."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise Refused(
            f"The folder {path} cannot be made: {error.strerror}.",
            hint="Choose another one: state_dir and runtime_dir, or --state-dir and --runtime-dir.",
            code="folder_unusable",
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Refused(f"The folder {path} is not ours.", hint="Remove it, or choose another.", code="folder_unusable")


def _read_token(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


if __name__ == "__main__":
    main()
