"""Xids: the driver's numbered critical errors, which NVML hands over as events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.adapters.nvml_device import Device

SHOWN_FOR = timedelta(minutes=10)
MOST_AT_ONCE = 64
"""A broken GPU may say hundreds a second; the newest is what is shown."""
MEANINGS = {
    13: "a program's own fault on the GPU",
    31: "a program used memory that is not its own",
    43: "a program was stopped on the GPU",
    45: "a program was ended on the GPU",
    48: "an error of the memory that could not be corrected",
    63: "a part of the memory was retired",
    64: "a part of the memory could not be retired",
    74: "an error of NVLink",
    79: "the GPU has fallen off the bus",
    92: "many errors of the memory that were corrected",
    94: "an error of the memory, contained to one program",
    95: "an error of the memory that was not contained",
    119: "the GPU's own processor does not answer",
}
"""By NVIDIA's catalogue of Xids, the common ones."""


class Xids:
    """The last Xid of each GPU; outlives what NVML is opened for."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._events: Any = None
        self._last: dict[str, tuple[int, datetime]] = {}

    def open(self, nvml: Any, devices: Iterable[Device]) -> None:
        """Have the events of these GPUs handed over from now on."""
        self._nvml = nvml
        try:
            events = nvml.nvmlEventSetCreate()
        except nvml.NVMLError:
            return  # some drivers tell no events, in a guest say
        for device in devices:
            try:
                nvml.nvmlDeviceRegisterEvents(device.handle, nvml.nvmlEventTypeXidCriticalError, events)
                self._events = events
            except nvml.NVMLError:
                continue

    def take(self, now: datetime) -> dict[str, str]:
        """By UUID, in words: the last Xid of the last minutes; asks for new ones without waiting."""
        if self._events is not None:
            self._collect(now)
        return {
            uuid: f"Xid {xid} at {at:%H:%M:%S} UTC: {MEANINGS.get(xid, 'see the catalogue of Xids by NVIDIA')}."
            for uuid, (xid, at) in self._last.items()
            if now - at < SHOWN_FOR
        }

    def close(self) -> None:
        """Let go of the events."""
        events, self._events = self._events, None
        if events is not None:
            try:
                self._nvml.nvmlEventSetFree(events)
            except self._nvml.NVMLError:
                return

    def _collect(self, now: datetime) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                event = self._nvml.nvmlEventSetWait_v2(self._events, 0)
                uuid = self._nvml.nvmlDeviceGetUUID(event.device)
            except self._nvml.NVMLError:
                return  # most of the time: nothing happened
            self._last[uuid] = (int(event.eventData), now)
