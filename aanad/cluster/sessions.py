"""Kernel sessions: all that a head consists of keeps the session id of the ``ray start`` that made it.

Neither names (Ray rewrites command lines) nor environment markers find everything; the session id does.
What leaves the session on purpose (``setsid`` in a project's code) is found as a descendant.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from typing import TYPE_CHECKING, NamedTuple

from aanad.cluster import processes

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from aanad.cluster.processes import ProcessId, Stat

log = logging.getLogger(__name__)
POLL_S = 0.05
RAY_PROGRAMS = {"gcs_server", "raylet", "haproxy"}


class Session(NamedTuple):
    """A session that this unit, or one before it, began."""

    id: int
    started: int
    """When its first process started, in clock ticks after boot."""


def members(sessions: Collection[int], stats: list[Stat] | None = None) -> list[Stat]:
    """Living processes of these sessions and everything below them."""
    stats = processes.all_stats() if stats is None else stats
    inside = [stat for stat in stats if stat.session in sessions]
    below = processes.descendants(stats, {stat.pid for stat in inside})
    return [stat for stat in inside + below if stat.is_alive and stat.pid != os.getpid()]


async def end(
    sessions: Collection[int],
    *,
    grace_s: float,
    limit_s: float,
    first: Collection[ProcessId] = (),
    also: Collection[ProcessId] = (),
) -> bool:
    """End all processes of these sessions: SIGTERM, then SIGKILL after `grace_s`.

    Args:
        sessions: session ids that are known to be ours.
        grace_s: seconds between the two signals.
        limit_s: seconds after which it gives up.
        first: processes that may have half of `grace_s` to end before the others are told.
        also: further processes to end.

    Returns:
        Whether nothing is left.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    known: set[ProcessId] = {*first, *also}
    told: set[ProcessId] = set()
    killed: set[ProcessId] = set()
    while True:
        # What was seen once stays a target: it may leave the tree when its parent dies.
        known.update(stat.id for stat in members(sessions))
        left = {process for process in known if processes.is_alive(process)}
        if not left:
            return True
        elapsed = loop.time() - began
        if elapsed > limit_s:
            return False
        if elapsed >= grace_s:
            if left - killed and grace_s:
                log.info("processes.killed %s", sorted(process.pid for process in left - killed))
            killed |= left
            for process in left:
                processes.send(process, signal.SIGKILL)
        else:
            waits_for_first = elapsed < grace_s / 2 and any(process in left for process in first)
            for process in (left & set(first) if waits_for_first else left) - told:
                processes.send(process, signal.SIGTERM)
                told.add(process)
        await asyncio.sleep(POLL_S)


def _lives_in(pid: int, folder: Path) -> bool:
    """Whether a process visibly works in one of our folders."""
    prefix = f"{folder}/"
    places = [processes.link(pid, name) for name in ("cwd", "fd/1", "fd/2")] + processes.arguments(pid)
    return any(prefix in f"{place}/" for place in places)


def not_recycled(recorded: Collection[Session]) -> list[int]:
    """Those sessions whose number has not been given to another process meanwhile."""
    leaders = [(session, processes.read_stat(session.id)) for session in recorded]
    return [session.id for session, leader in leaders if leader is None or leader.started == session.started]


def still_ours(recorded: Collection[Session], folder: Path) -> list[int]:
    """Those recorded sessions that still hold processes of ours.

    A session id can be recycled once the session is empty, so the number alone proves nothing: the leader, if it
    lives, must be the recorded one, and a process must work in our private folder.
    """
    stats = processes.all_stats()
    possible = not_recycled(recorded)
    return [
        session.id
        for session in recorded
        if session.id in possible
        and any(
            _lives_in(stat.pid, folder)
            for stat in stats
            if stat.session == session.id
            and stat.started >= session.started
            and processes.owner(stat.pid) == os.geteuid()
        )
    ]


def leftovers(folder: Path) -> tuple[list[int], list[ProcessId]]:
    """What an earlier unit left, found without any record: sessions that are wholly ours, and single processes.

    Only Ray's own programs whose command line names our private folder count, so a shell or an editor that happens
    to be in there is safe; the whole session counts only where it has no foreign leader.
    """
    stats = processes.all_stats()
    by_pid = {stat.pid: stat for stat in stats}
    proven = [
        stat
        for stat in stats
        if stat.is_alive and processes.owner(stat.pid) == os.geteuid() and _is_ray_program_in(stat.pid, folder)
    ]
    proven_pids = {stat.pid for stat in proven}
    whole = {stat.session for stat in proven if stat.session not in by_pid or stat.session in proven_pids}
    return sorted(whole), [stat.id for stat in proven if stat.session not in whole]


def _is_ray_program_in(pid: int, folder: Path) -> bool:
    command = processes.arguments(pid)
    program = os.path.basename(processes.link(pid, "exe").removesuffix(" (deleted)"))  # noqa: PTH119 - plain text
    is_dashboard = any(argument.endswith("/ray/dashboard/dashboard.py") for argument in command[:3])
    if program not in RAY_PROGRAMS and not is_dashboard:
        return False
    return any(f"{folder}/" in argument for argument in command)
