"""Starts the Ray unit as a process of its own and stops it again, for a daemon that runs without systemd."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from aanad.errors import ClusterUnavailable, Failed
from aanad.wire.unit import UnitState, UnitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from aanad.adapters.ray_unit import RayUnitClient

logger = logging.getLogger("aanad.unit")

STOP_TIMEOUT_S = 25.0
MAX_PAUSE_S = 30.0
MAX_OUTPUT_BYTES = 1024 * 1024
CHECK_OUTPUT_EVERY_S = 60.0


class UnitProcess:
    """One Ray unit: adopted where one answers on the socket, else started; run again when it ends."""

    def __init__(self, client: RayUnitClient, *, runtime_dir: Path, output_path: Path, arguments: list[str]) -> None:
        """Take what a unit is started with.

        Args:
            client: asks the unit.
            runtime_dir: where the unit notes its state.
            output_path: gets what the unit writes to its standard streams: why it could not start, how it crashed.
            arguments: of ``aanad ray``.
        """
        self._client = client
        self._state_path = runtime_dir / "ray-unit.json"
        self._output_path = output_path
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._adopted: int | None = None

    async def run(self) -> None:
        """Keep a unit running until cancelled.

        Raises:
            Failed: the very first start was refused, for a port in use, say; trying again would not help.
        """
        with contextlib.suppress(ClusterUnavailable):
            status = await self._client.status()
            if status.state is not UnitState.STOPPING:
                self._adopted = status.pid
                logger.info("unit.adopted pid=%d", status.pid)
                await self._watch(status.pid)
                self._adopted = None
        pause = 1.0
        was_ready = self._adopted is not None
        while True:
            began = asyncio.get_running_loop().time()
            self._process = self._spawn()
            logger.info("unit.started pid=%d", self._process.pid)
            await self._watch(self._process.pid)
            code = self._process.wait()
            self._process = None
            if code == 1 and not was_ready:
                raise self._refusal()
            was_ready = True
            if asyncio.get_running_loop().time() - began > MAX_PAUSE_S:
                pause = 1.0
            logger.error("unit.ended code=%d again_in_s=%.0f", code, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE_S)

    async def stop(self) -> None:
        """End the unit and with it Ray; it cleans up after itself."""
        pid = self._process.pid if self._process is not None else self._adopted
        if pid is None:
            return
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            signal.pidfd_send_signal(descriptor, signal.SIGTERM)
            if not await _ended(descriptor, STOP_TIMEOUT_S):
                logger.error("unit.killed pid=%d it did not stop in %.0f s", pid, STOP_TIMEOUT_S)
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            os.close(descriptor)

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._output_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._bound_output()
        with self._output_path.open("ab") as output:
            # A session of its own: Ctrl-C in the daemon's terminal must not reach it, nor the end of the daemon.
            return subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "aanad.cluster", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    async def _watch(self, pid: int) -> None:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            while not await _ended(descriptor, CHECK_OUTPUT_EVERY_S):
                self._bound_output()
        finally:
            os.close(descriptor)

    def _bound_output(self) -> None:
        """Begin again where it is too long; the unit appends, so it goes on at the new end."""
        with contextlib.suppress(OSError):
            if self._output_path.stat().st_size > MAX_OUTPUT_BYTES:
                os.truncate(self._output_path, 0)

    def _refusal(self) -> Failed:
        hint = f"Its output is in {self._output_path}."
        try:
            status = UnitStatus.model_validate(json.loads(self._state_path.read_bytes())["status"])
        except (OSError, ValueError, KeyError):
            return Failed("The Ray unit could not be started.", hint=hint, code="unit_failed")
        return Failed(
            status.message or "The Ray unit could not be started.",
            hint=status.hint or hint,
            code=status.code or "unit_failed",
        )


async def _ended(descriptor: int, timeout_s: float | None) -> bool:
    """Whether the process ended within the time; a pidfd becomes readable then."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), timeout_s)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
    return True
