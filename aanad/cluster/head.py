"""Starting a head (or a node that joins one), finding its parts, and running a dead part again in place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aanad.cluster import command_line, environment, ports, processes, sessions
from aanad.cluster.children import process_id
from aanad.cluster.sessions import Session
from aanad.cluster.state_file import Component, HeadRecord
from aanad.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aanad.cluster.children import Children
    from aanad.cluster.folders import Folders
    from aanad.cluster.processes import Stat
    from aanad.settings import Settings

RAYLET = "raylet"
RERUN_GRACE_S = 0.5
RERUN_LIMIT_S = 5.0


async def start(
    settings: Settings,
    folders: Folders,
    children: Children,
    *,
    joins: str | None,
    remember: Callable[[HeadRecord], None],
) -> HeadRecord:
    """Start a node from nothing.

    Args:
        settings: the unit's settings.
        folders: the unit's folders.
        children: who starts and reaps processes.
        joins: ``host:port`` of the head to join; None to be one.
        remember: gets the record as soon as there is a process to find and end, whatever happens next.

    Raises:
        Failed: a port is taken, or ``ray start`` did not succeed; its last lines are the evidence.
    """
    wanted = ports.fixed_ports(settings, joins=joins is not None)
    ports.check(wanted)
    taken = {port.port for port in wanted}
    stats_port, metrics_port, port, dashboard_port = (
        given or ports.choose_free(taken)
        for given in (
            settings.ray.haproxy_stats_port,
            settings.ray.haproxy_metrics_port,
            settings.ray.port,
            settings.ray.dashboard_port,
        )
    )
    if joins is None:
        command = command_line.head_command(settings, folders, port=port, dashboard_port=dashboard_port)
    else:
        command = command_line.node_command(settings, folders, head=joins)
    serve_ports = ports.ServePorts(stats_port, metrics_port, fallback=ports.choose_free(taken))
    env = environment.clean_environment() | environment.ray_settings(settings, folders, serve_ports=serve_ports)
    starter = children.start(command, env=env, cwd=folders.empty, stdout=folders.start_log, stderr=folders.start_log)
    head = HeadRecord(
        fingerprint=command_line.fingerprint(settings, joins=joins),
        sessions=[Session(*process_id(starter))],
        dashboard_url=None if joins else f"http://127.0.0.1:{dashboard_port}",
    )
    remember(head)
    status = await children.wait(starter, settings.ray.start_timeout_s)
    if status != 0:
        took = f"did not finish within {settings.ray.start_timeout_s:g} s" if status is None else "failed"
        raise Failed(
            f"Starting Ray {took}.",
            hint=f"Look at {folders.start_log} and at the logs under {folders.ray_temp}.",
            code="ray_start_failed",
            detail=last_lines(folders.start_log),
        )
    parts = _components(head.sessions)
    raylet = next((part for part in parts if part.name == RAYLET), None)
    if raylet is None:
        raise Failed(
            "Ray has no raylet after its start.",
            hint=f"Look at the logs under {folders.ray_temp}.",
            code="ray_start_failed",
            detail=last_lines(folders.start_log),
        )
    return head.model_copy(update={"components": parts, "session_dir": _session_dir(raylet)})


def _session_dir(raylet: Component) -> str | None:
    for argument in raylet.argv:
        if argument.startswith("--log_dir="):
            return os.path.dirname(argument.partition("=")[2])  # noqa: PTH120 - plain text
    return None


def _components(started: list[Session]) -> list[Component]:
    """The processes that ``ray start`` left: those whose parent is none of them."""
    stats = processes.all_stats()
    inside = sessions.members({session.id for session in started}, stats)
    pids = {stat.pid for stat in inside}
    return [_describe(stat, stats) for stat in inside if stat.parent not in pids]


def _describe(stat: Stat, stats: list[Stat]) -> Component:
    argv = processes.arguments(stat.pid)
    program = argv[1] if len(argv) > 1 and argv[1].endswith(".py") else argv[0] if argv else "unknown"
    name = os.path.basename(program).removesuffix(".py")  # noqa: PTH119 - plain text
    return Component(
        name=name,
        process=stat.id,
        argv=argv,
        env=processes.environment(stat.pid),
        cwd=processes.link(stat.pid, "cwd"),
        stdout=_file(processes.link(stat.pid, "fd/1")),
        stderr=_file(processes.link(stat.pid, "fd/2")),
        helpers=[] if name == RAYLET else [below.id for below in processes.descendants(stats, {stat.pid})],
    )


def _file(target: str) -> str | None:
    return target if target.startswith("/") and os.path.isfile(target) else None  # noqa: PTH113 - plain text


def with_helpers(component: Component, stats: list[Stat]) -> Component:
    """The component with the processes that are below it now."""
    if component.name == RAYLET:
        return component
    below = [stat.id for stat in processes.descendants(stats, {component.process.pid})]
    return component.model_copy(update={"helpers": below}) if below else component


async def run_again(head: HeadRecord, component: Component, folders: Folders, children: Children) -> HeadRecord:
    """Run a dead component again as it was: own command line, environment, folder and log files.

    What was below it goes first: a dashboard's helpers outlive it and hold what the new one needs.
    """
    await sessions.end((), grace_s=RERUN_GRACE_S, limit_s=RERUN_LIMIT_S, also=component.helpers)
    child = children.start(
        component.argv,
        env=component.env,
        cwd=component.cwd,
        stdout=component.stdout or folders.rerun_log,
        stderr=component.stderr or folders.rerun_log,
    )
    process = process_id(child)
    again = component.model_copy(update={"process": process, "restarts": component.restarts + 1, "helpers": []})
    return head.model_copy(
        update={
            "sessions": [*head.sessions, Session(*process)],
            "components": [again if known.name == component.name else known for known in head.components],
        }
    )


def without_empty_sessions(head: HeadRecord, stats: list[Stat]) -> HeadRecord:
    """The head without sessions that have no process left, whose numbers may be given to others."""
    alive = {stat.session for stat in stats}
    kept = [session for session in head.sessions if session.id in alive]
    return head if len(kept) == len(head.sessions) else head.model_copy(update={"sessions": kept})


def last_lines(path: Path, count: int = 12) -> list[str]:
    """The end of a log, for evidence."""
    try:
        with path.open("rb") as file:
            start = file.seek(max(0, file.seek(0, os.SEEK_END) - 16384))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    # The first one is cut somewhere; a part of a secret would not be recognised as one.
    return [line for line in lines[1 if start else 0 :] if line.strip()][-count:]
