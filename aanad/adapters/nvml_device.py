"""What one GPU says of itself through NVML: each quantity by itself, so that one that is not supported spoils no other.

Functions that newer drivers have under another name are tried first; which one answered is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aanad.core.measurements import GpuMeasurement, GpuUser

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

FUNCTION_NOT_FOUND = 13
UNINITIALIZED = 1
GPU_IS_LOST = 15
RESET_REQUIRED = 16
GPU_NOT_FOUND = 28
NOT_SUPPORTED = 3
NO_PERMISSION = 4
OF_THE_WHOLE_GPU = {UNINITIALIZED, GPU_IS_LOST, RESET_REQUIRED, GPU_NOT_FOUND}
"""Errors, by NVML's codes, after which no other quantity can be asked for; any other is one quantity's own."""
THROTTLING = {
    0x0004: "power",
    0x0008: "hw_slowdown",
    0x0010: "sync_boost",
    0x0020: "thermal",
    0x0040: "hw_thermal",
    0x0080: "hw_power_brake",
    0x0200: "board_limit",
    0x0400: "reliability",
    0x0002: "clock_setting",
    0x0100: "display",
}
"""NVML's bits. That a GPU idles (1) holds nothing down."""


@dataclass
class Device:
    """A GPU and how it is asked."""

    nvml: Any
    """`pynvml`, or what stands for it."""
    handle: Any
    index: int
    uuid: str
    name: str
    parts: tuple[tuple[str, Any], ...] = ()
    """UUID and handle of each MIG instance."""
    _variants: dict[str, int] = field(default_factory=dict)

    def measure(self, now: datetime) -> GpuMeasurement:
        """Ask for everything.

        Raises:
            NVMLError: the GPU as a whole does not answer.
        """
        nvml = self.nvml
        memory = self._ask(
            "memory",
            (nvml.nvmlDeviceGetMemoryInfo, nvml.nvmlMemory_v2),  # as nvidia-smi: without what the driver reserves
            (nvml.nvmlDeviceGetMemoryInfo,),
            is_vital=True,
        )
        utilization = self._ask("utilization", (nvml.nvmlDeviceGetUtilizationRates,))
        power = self._ask("power", (nvml.nvmlDeviceGetPowerUsage,))
        limit = self._ask("limit", (nvml.nvmlDeviceGetEnforcedPowerLimit,))
        temperature = self._ask("temperature", (nvml.nvmlDeviceGetTemperatureV, 0), (nvml.nvmlDeviceGetTemperature, 0))
        reasons = self._ask(
            "throttling",
            (nvml.nvmlDeviceGetCurrentClocksEventReasons,),
            (nvml.nvmlDeviceGetCurrentClocksThrottleReasons,),
        )
        return GpuMeasurement(
            index=self.index,
            uuid=self.uuid,
            name=self.name,
            message="MIG is on: the card's utilisation is not measured." if self.parts else "",
            utilization_percent=None if utilization is None else float(utilization.gpu),
            memory_used_bytes=None if memory is None else int(memory.used),
            memory_total_bytes=None if memory is None else int(memory.total),
            temperature_c=None if temperature is None else float(temperature),
            power_w=None if power is None else power / 1000,
            power_limit_w=None if limit is None else limit / 1000,
            throttling=tuple(word for bit, word in THROTTLING.items() if (reasons or 0) & bit),
            users=self._users(),
            measured_at=now,
            parts=tuple(uuid for uuid, _ in self.parts),
        )

    def _users(self) -> tuple[GpuUser, ...]:
        """Processes, by pid; one that computes and draws is listed twice by NVML, with the same memory."""
        nvml = self.nvml
        memory: dict[int, int | None] = {}
        # The whole card's list needs rights that the lists of MIG instances do not.
        for handle in [handle for _, handle in self.parts] or [self.handle]:
            here: dict[int, int | None] = {}
            for kind in ("Compute", "Graphics"):
                found = self._ask(
                    kind,
                    (getattr(nvml, f"nvmlDeviceGet{kind}RunningProcesses_v3"),),
                    (getattr(nvml, f"nvmlDeviceGet{kind}RunningProcesses_v2"),),
                    handle=handle,
                )
                for process in found or ():
                    here[process.pid] = _most(here.get(process.pid), process.usedGpuMemory)
            for pid, used in here.items():
                before = memory.get(pid)
                memory[pid] = used if before is None else before + (used or 0)
        return tuple(GpuUser(pid, used) for pid, used in sorted(memory.items()))

    def _ask(self, quantity: str, *variants: tuple[Any, ...], handle: Any = None, is_vital: bool = False) -> Any:
        """The first variant that the driver knows; None where this GPU cannot say it.

        Where a vital quantity fails in another way than that it is not supported or not allowed, the GPU as a whole
        does not answer.
        """
        first = self._variants.get(quantity, 0)
        for number, (function, *arguments) in enumerate(variants[first:], first):
            try:
                found = function(self.handle if handle is None else handle, *arguments)
            except self.nvml.NVMLError as error:
                if error.value == FUNCTION_NOT_FOUND:
                    continue
                if error.value in OF_THE_WHOLE_GPU or (is_vital and error.value not in {NOT_SUPPORTED, NO_PERMISSION}):
                    raise
                return None
            else:
                self._variants[quantity] = number
                return found
        self._variants[quantity] = len(variants)
        return None


def open_device(nvml: Any, number: int) -> Device:
    """The GPU that NVML counts as `number` now.

    Raises:
        NVMLError: it cannot be reached.
    """
    handle = nvml.nvmlDeviceGetHandleByIndex(number)
    uuid, name = nvml.nvmlDeviceGetUUID(handle), nvml.nvmlDeviceGetName(handle)
    return Device(nvml, handle, number, uuid, name, tuple(_parts(nvml, handle)))


def _parts(nvml: Any, handle: Any) -> Iterable[tuple[str, Any]]:
    """UUID and handle of a GPU's MIG instances; none where it cannot have any, or MIG is off."""
    try:
        current, _ = nvml.nvmlDeviceGetMigMode(handle)
        count = nvml.nvmlDeviceGetMaxMigDeviceCount(handle) if current else 0
    except nvml.NVMLError:
        return
    for number in range(count):
        try:
            part = nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, number)
            yield nvml.nvmlDeviceGetUUID(part), part
        except nvml.NVMLError:
            continue  # room for an instance that nobody made


def _most(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)
