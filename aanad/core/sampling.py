"""The hour of history: this machine once a second, other nodes as often as they report."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aanad.core.node_reports import EVERY_S
from aanad.core.sample_history import SampleHistory, SeriesKey
from aanad.wire.hardware import HardwareState

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.core.measurements import GpuMeasurement, MachineMeasurement
    from aanad.core.node_reports import NodeReports
    from aanad.core.ports import Clock, GpuSampler, Machine

log = logging.getLogger(__name__)
THIS = "this machine"
"""The daemon's own, whatever Ray calls it today."""
LOOK_FOR_NODES_S = 60.0
JITTER_S = 2
"""A report that comes a little late still covers the seconds since the one before."""


class Sampling:
    """Feeds the history, and keeps the last measurement of this machine."""

    def __init__(self, *, machine: Machine, gpus: GpuSampler, reports: NodeReports, clock: Clock) -> None:
        self.history = SampleHistory()
        self._machine = machine
        self._gpus = gpus
        self._reports = reports
        self._clock = clock
        self._last: tuple[MachineMeasurement, datetime] | None = None
        self._taken = 0
        self._heard: dict[str, float] = {}

    @property
    def machine(self) -> tuple[MachineMeasurement, datetime]:
        """This machine as it was measured last, and when."""
        return self._last or self._measure()

    async def run(self) -> None:
        """Sample until cancelled."""
        await asyncio.gather(self._sample_machine(), self._sample_nodes())

    def take(self) -> None:
        """Note one second of this machine."""
        second = int(self._clock.monotonic())
        machine, _ = self._measure()
        self._put(THIS, None, second, 1, cpu_percent=machine.cpu_percent, memory_used_bytes=machine.memory_used_bytes)
        reading = self._gpus.latest()
        if reading.number != self._taken:
            self._taken = reading.number
            for gpu in reading.gpus:
                self._put_gpu(THIS, gpu, second, 1)
        if second % LOOK_FOR_NODES_S == 0:
            self.history.forget_before(second)

    async def take_nodes(self) -> None:
        """Note what the other nodes reported since the last time."""
        second = int(self._clock.monotonic())
        covers = int(EVERY_S) + JITTER_S
        for node in await self._reports.read():
            report = node.report
            if node.is_local or not report.reported_at or self._heard.get(report.id) == report.reported_at:
                continue
            self._heard[report.id] = report.reported_at
            self._put(
                report.id,
                None,
                second,
                covers,
                cpu_percent=report.cpu_percent,
                memory_used_bytes=report.memory_used_bytes,
            )
            for gpu in report.gpus:
                self._put_gpu(report.id, gpu, second, covers)
        alive = {node.report.id for node in self._reports.last}
        self._heard = {node: at for node, at in self._heard.items() if node in alive}

    async def _sample_machine(self) -> None:
        due = self._clock.monotonic()
        while True:
            try:
                self.take()
            except Exception:  # an edge: one second that cannot be measured must not end the daemon
                log.exception("sampling.failed")
            now = self._clock.monotonic()
            # After a suspension, or a second that was missed, from now on.
            due = due + 1 if now < due + 1 else now + 1
            await asyncio.sleep(max(0.0, due - now))

    async def _sample_nodes(self) -> None:
        while True:
            try:
                await self.take_nodes()
            except Exception:  # as above
                log.exception("sampling.failed")
            # A machine that is alone is measured without asking Ray; whether it still is, is looked up seldom.
            is_alone = self._reports.is_reachable and len(self._reports.last) <= 1
            await asyncio.sleep(LOOK_FOR_NODES_S if is_alone else EVERY_S)

    def _measure(self) -> tuple[MachineMeasurement, datetime]:
        self._last = (self._machine.measure(), self._clock.now())
        return self._last

    def _put_gpu(self, node: str, gpu: GpuMeasurement, second: int, covers: int) -> None:
        if gpu.state is HardwareState.OK:
            self._put(
                node,
                gpu.index,
                second,
                covers,
                utilization_percent=gpu.utilization_percent,
                memory_used_bytes=gpu.memory_used_bytes,
                temperature_c=gpu.temperature_c,
                power_w=gpu.power_w,
            )

    def _put(self, node: str, gpu: int | None, second: int, covers: int, **values: float | None) -> None:
        for metric, value in values.items():
            self.history.put(SeriesKey(node, gpu, metric), second, value, covers=covers)
