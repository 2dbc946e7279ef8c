"""Keeps one head alive: one loop that compares what should run with what does, woken whenever a process ends."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aanad.cluster import command_line, head, probe, processes, sessions, state_file
from aanad.cluster.children import Watch
from aanad.cluster.head import RAYLET
from aanad.errors import AanaError, Failed, InvalidInput
from aanad.wire.unit import UnitProcess, UnitState

if TYPE_CHECKING:
    from aanad.cluster.children import Children
    from aanad.cluster.folders import Folders
    from aanad.cluster.report import Report
    from aanad.cluster.state_file import HeadRecord, UnitRecord
    from aanad.settings import Settings

log = logging.getLogger(__name__)
PROBE_EVERY_S = 0.25
SWEEP_EVERY_S = 10.0
END_GRACE_S = 1.0
END_LIMIT_S = 8.0
STOP_GRACE_S = 4.0
STOP_LIMIT_S = 8.0
DASHBOARD = "dashboard"
LONGEST_PAUSE_S = 30.0
SHORTEST_PAUSE_S = 0.5
LONGEST_MEND_PAUSE_S = 10.0
"""A raylet gives up after 60 s without its gcs_server, so a few tries must fit in there."""
STEADY_AFTER_S = 60.0


class HeadLost(Exception):
    """The head cannot go on; only a cold start helps."""


class Supervisor:
    """Starts, adopts, mends and ends one head."""

    def __init__(
        self, settings: Settings, folders: Folders, report: Report, children: Children, *, joins: str | None = None
    ) -> None:
        self._settings = settings
        self._folders = folders
        self._report = report
        self._children = children
        self._joins = joins
        self._head: HeadRecord | None = None
        self._cold_starts = 0
        self._node_address: str | None = None
        self._wake = asyncio.Event()
        self._watches: dict[str, Watch] = {}
        self._mend_due: dict[str, tuple[float, float]] = {}
        """By part: when it may be run again next, and the pause that this includes."""
        self._ready_at: float | None = None
        self._has_started = False
        self._has_answered = False
        """Whether this head ever did: then replicas may be serving."""

    async def run(self) -> None:
        """Supervise until cancelled.

        Raises:
            AanaError: the very first start is impossible until somebody acts: a port is taken, say.
        """
        await self._take_over(state_file.read(self._folders.state_file))
        failures = 0
        while True:
            try:
                if self._head is None:
                    await self._start_cold()
                await self._watch()
            except HeadLost as lost:
                log.warning("head.lost %s", lost)
                failures = 0 if self._was_steady() else failures + 1
                self._report.turn(UnitState.STARTING, f"{lost} Starting from nothing.", code="head_lost")
            except AanaError as error:
                failures += 1
                self._report.fail(error)
                if not self._has_started and _needs_somebody(error):
                    self._write()
                    raise
            except Exception as error:  # the edge of the process: a full disk here must not end replicas
                log.exception("supervisor.error")
                failures += 1
                self._report.fail(Failed(f"{type(error).__name__}: {error}", code="internal_error"))
                if self._head is not None and self._head.components:
                    await asyncio.sleep(LONGEST_MEND_PAUSE_S)
                    continue
            await self._end_head()
            self._write()
            if failures > 1:
                await asyncio.sleep(min(2.0 ** (failures - 2), LONGEST_PAUSE_S))

    async def stop(self) -> bool:
        """End the head in an orderly way; False where something is left."""
        if self._report.status.state != UnitState.FAILED:
            self._report.turn(UnitState.STOPPING)
        return await self._end_head(grace_s=STOP_GRACE_S, limit_s=STOP_LIMIT_S)

    async def _take_over(self, record: UnitRecord | None) -> None:
        """Adopt the head of a unit that was killed, or end what it left."""
        if record is not None and record.boot == processes.boot_id() and record.head is not None:
            self._cold_starts = record.status.cold_starts
            alive = {part.name: processes.is_alive(part.process) for part in record.head.components}
            fits = record.head.fingerprint == command_line.fingerprint(self._settings, joins=self._joins)
            if fits and alive.get(RAYLET):
                log.info("head.adopted %s", alive)
                self._head = record.head
                self._has_started = self._has_answered = True
                self._node_address = record.status.node_address
                self._report.turn(UnitState.RECOVERING, "Adopting the head that runs already.")
                return
            ours = sessions.still_ours(record.head.sessions, self._folders.ray_dir)
            log.info("head.ending_leftovers sessions=%s", ours)
            await sessions.end(ours, grace_s=END_GRACE_S, limit_s=END_LIMIT_S)
        ours, single = sessions.leftovers(self._folders.ray_dir)
        if ours or single:
            log.info("head.ending_leftovers sessions=%s processes=%s", ours, single)
            await sessions.end(ours, grace_s=END_GRACE_S, limit_s=END_LIMIT_S, also=single)

    async def _start_cold(self) -> None:
        self._folders.wipe_for_cold_start()
        self._node_address = None
        self._has_answered = False
        started = await head.start(
            self._settings, self._folders, self._children, joins=self._joins, remember=self._starting
        )
        self._cold_starts += 1
        self._has_started = True
        self._remember(started)
        log.info("head.started %s", {part.name: part.process.pid for part in self._require_head().components})

    def _starting(self, known: HeadRecord) -> None:
        # After a failure its evidence stays visible until a later try succeeds.
        if self._report.status.state != UnitState.FAILED:
            self._report.turn(UnitState.STARTING, "Starting Ray.")
        self._remember(known)

    async def _watch(self) -> None:
        """Mend what breaks until the raylet is gone."""
        loop = asyncio.get_running_loop()
        self._ready_at = None
        self._mend_due.clear()
        waits_since = loop.time()
        for part in self._require_head().components:
            self._watch_part(part)
        while True:
            self._wake.clear()
            dead = [part for part in self._require_head().components if not processes.is_alive(part.process)]
            if any(part.name == RAYLET for part in dead):
                raise HeadLost("The raylet died.")
            if dead:
                self._ready_at = None
                waits_since = loop.time()
                for part in dead:
                    await self._mend(part)
            elif self._ready_at is not None:
                self._sweep()
            elif await self._is_up():
                self._ready_at = loop.time()
                self._has_answered = True
                self._report.turn(UnitState.READY)
                self._sweep()
                self._write()
            elif loop.time() - waits_since > self._settings.ray.start_timeout_s:
                self._give_up_waiting()
                waits_since = loop.time()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), PROBE_EVERY_S if self._ready_at is None else SWEEP_EVERY_S)

    def _give_up_waiting(self) -> None:
        """All parts live and yet the head does not answer.

        Raises:
            Failed: it never did since its start; when it did before, its dashboard alone is ended and run again,
                because replicas may well be serving.
        """
        error = Failed(
            f"The Ray head does not answer within {self._settings.ray.start_timeout_s:g} s.",
            hint=f"Look at the logs under {self._folders.ray_temp}.",
            code="head_unresponsive",
        )
        if not self._has_answered:
            raise error
        self._report.fail(error)
        for part in self._require_head().components:
            if part.name == DASHBOARD:
                processes.send(part.process, signal.SIGKILL)

    async def _mend(self, dead: state_file.Component) -> None:
        """Run a dead part of the head again, at once the first time; replicas go on serving meanwhile."""
        now = asyncio.get_running_loop().time()
        due, pause_s = self._mend_due.get(dead.name, (now, SHORTEST_PAUSE_S))
        if now < due:
            return
        pause_s = SHORTEST_PAUSE_S if now - due > STEADY_AFTER_S else min(pause_s * 2, LONGEST_MEND_PAUSE_S)
        self._mend_due[dead.name] = (now + pause_s, pause_s)
        self._report.turn(UnitState.RECOVERING, f"{dead.name} died and is run again.", code="part_died")
        self._remember(await head.run_again(self._require_head(), dead, self._folders, self._children))
        for part in self._require_head().components:
            if part.name == dead.name:
                log.warning("head.part_restarted %s pid=%d restarts=%d", part.name, part.process.pid, part.restarts)
                self._watch_part(part)

    async def _is_up(self) -> bool:
        """Whether the head answers; a joined node is up as soon as its raylet runs."""
        known = self._require_head()
        if known.dashboard_url is None:
            return True
        answer = await probe.ask(known.dashboard_url, self._settings.ray_token_path, session_dir=known.session_dir)
        if answer is None:
            return False
        self._node_address = answer.node_address
        self._remember(known.model_copy(update={"session_dir": answer.session_dir}))
        return True

    def _sweep(self) -> None:
        """Note what is below each part now, and forget sessions that are empty."""
        stats = processes.all_stats()
        known = head.without_empty_sessions(self._require_head(), stats)
        parts = [head.with_helpers(component, stats) for component in known.components]
        updated = known.model_copy(update={"components": parts})
        if updated != self._head:
            self._remember(updated)

    def _watch_part(self, part: state_file.Component) -> None:
        if old := self._watches.pop(part.name, None):
            old.close()
        self._watches[part.name] = Watch(part.process.pid, self._wake.set)

    async def _end_head(self, *, grace_s: float = END_GRACE_S, limit_s: float = END_LIMIT_S) -> bool:
        for watch in self._watches.values():
            watch.close()
        self._watches.clear()
        if self._head is None:
            return True
        known = self._head
        ours = sessions.not_recycled(known.sessions)
        also = [process for component in known.components for process in (component.process, *component.helpers)]
        # Told all at once, gcs_server and raylet wait for each other until they are killed.
        raylets = [part.process for part in known.components if part.name == RAYLET]
        is_done = await sessions.end(ours, grace_s=grace_s, limit_s=limit_s, first=raylets, also=also)
        self._head = None
        self._describe()
        return is_done

    def _was_steady(self) -> bool:
        return self._ready_at is not None and asyncio.get_running_loop().time() - self._ready_at > STEADY_AFTER_S

    def _require_head(self) -> HeadRecord:
        if self._head is None:
            raise Failed("There is no head.", code="internal_error")
        return self._head

    def _remember(self, known: HeadRecord) -> None:
        self._head = known
        self._describe()
        self._write()

    def _describe(self) -> None:
        known = self._head
        self._report.describe(
            cold_starts=self._cold_starts,
            processes=[
                UnitProcess(name=part.name, pid=part.process.pid, restarts=part.restarts)
                for part in (known.components if known else [])
            ],
            dashboard_url=known.dashboard_url if known else None,
            session_dir=str(Path(known.session_dir)) if known and known.session_dir else None,
            node_address=self._node_address if known else None,
        )

    def _write(self) -> None:
        record = state_file.UnitRecord(
            boot=processes.boot_id(), unit=processes.own_id(), status=self._report.status, head=self._head
        )
        try:
            state_file.write(self._folders.state_file, record)
        except OSError as error:
            # A full disk costs adoption after a crash, and nothing now.
            log.warning("state_file.not_written %s", error)


def _needs_somebody(error: AanaError) -> bool:
    """Whether trying again is pointless until somebody changes something."""
    return isinstance(error, InvalidInput) or error.code in {"port_in_use", "ray_missing"}
