"""NVML between its start and its end: which GPUs there are, which were lost, and what its errors mean in words."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aanad.adapters.nvml_device import (
    GPU_IS_LOST,
    GPU_NOT_FOUND,
    NO_PERMISSION,
    RESET_REQUIRED,
    UNINITIALIZED,
    Device,
    open_device,
)
from aanad.adapters.nvml_xids import Xids
from aanad.core.measurements import GpuMeasurement
from aanad.wire.hardware import HardwareState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = logging.getLogger(__name__)
DRIVER_NOT_LOADED = 9
LIBRARY_NOT_FOUND = 12
VERSION_MISMATCH = 18
SELDOM_S = 60.0
"""Between two tries where only an operator can change something."""
SOON_S = 10.0
FAILURES = {
    LIBRARY_NOT_FOUND: (
        "nvml_missing",
        "There is an NVIDIA card, but its driver's library libnvidia-ml.so.1 was not found.",
        "Install the NVIDIA driver, or start the container with its GPUs (--gpus all), until nvidia-smi works.",
    ),
    DRIVER_NOT_LOADED: (
        "driver_not_loaded",
        "The NVIDIA driver is installed but not loaded.",
        "sudo modprobe nvidia; dmesg | grep NVRM says why it does not load.",
    ),
    VERSION_MISMATCH: (
        "driver_mismatch",
        "The NVIDIA driver that runs is another version than its library.",
        "The driver was updated: reboot the machine. nvidia-smi says the same until then.",
    ),
    NO_PERMISSION: (
        "nvml_no_permission",
        "The daemon's user may not use the NVIDIA driver.",
        "Look at the rights of /dev/nvidiactl and /dev/nvidia0, and at DeviceAllow of the unit.",
    ),
}
"""By NVML's codes: our reason, a sentence and what to do."""
NVIDIA = "0x10de"
DISPLAY_CONTROLLER = "0x03"


class NvmlFailure(Exception):
    """NVML as a whole cannot be used."""

    def __init__(self, reason: str, message: str, hint: str, *, state: HardwareState = HardwareState.FAILED) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.hint = hint
        self.state = state

    @property
    def retry_s(self) -> float:
        """When it is worth trying again."""
        return SOON_S if self.reason == "nvml_error" else SELDOM_S


class NvmlSession:
    """Not for two threads at once, nor for one that must not wait: any call of NVML's may hang."""

    def __init__(
        self,
        library: Callable[[], Any],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        has_card: Callable[[], bool] | None = None,
    ) -> None:
        """`library` gives `pynvml`, or what stands for it; `has_card` says whether the machine has a card by NVIDIA."""
        self._library = library
        self._monotonic = monotonic
        self._has_card = has_card or card_on_the_bus
        self._nvml: Any = None
        self._devices: list[Device] = []
        self._xids = Xids()
        self._known: dict[str, GpuMeasurement] = {}
        """By UUID: each GPU that was ever seen, as it was last; the index of one never changes while we live."""
        self._unreachable: dict[int, GpuMeasurement] = {}
        """By index: those of which not even the UUID is known."""
        self._opened_at = 0.0

    def read(self, now: datetime) -> tuple[GpuMeasurement, ...]:
        """All GPUs, by index.

        Raises:
            NvmlFailure: none of them can be asked.
        """
        if self._nvml is not None and self._is_incomplete() and self._monotonic() - self._opened_at > SELDOM_S:
            self.close()  # a GPU that was reset comes back only to those who begin anew
        if self._nvml is None:
            self._open()
        nvml = self._nvml
        xids = self._xids.take(now)
        found: dict[int, GpuMeasurement] = dict(self._unreachable)
        for device in self._devices:
            try:
                measured = device.measure(now)
            except nvml.NVMLError as error:
                if error.value == UNINITIALIZED:
                    self.close()
                    raise self._failure(error) from error
                measured = _failed(self._known[device.uuid], error)
            self._known[device.uuid] = measured
        present = {device.uuid for device in self._devices}
        for uuid, last in self._known.items():
            if uuid not in present:
                self._known[uuid] = _lost(last)
            found[last.index] = _with_xid(self._known[uuid], xids.get(uuid, ""))
        return tuple(found[index] for index in sorted(found))

    def close(self) -> None:
        """Let go of NVML."""
        nvml, self._nvml, self._devices = self._nvml, None, []
        self._xids.close()
        if nvml is not None:
            try:
                nvml.nvmlShutdown()
            except nvml.NVMLError as error:
                log.debug("nvml.shutdown %s", error)

    def _is_incomplete(self) -> bool:
        return bool(self._unreachable) or any(gpu.state is not HardwareState.OK for gpu in self._known.values())

    def _open(self) -> None:
        nvml = self._library()
        self._opened_at = self._monotonic()
        try:
            nvml.nvmlInit()
            self._nvml = nvml
            count = nvml.nvmlDeviceGetCount()
        except nvml.NVMLError as error:
            self.close()
            raise self._failure(error) from error
        self._unreachable = {}
        for number in range(count):
            try:
                self._devices.append(self._named(open_device(nvml, number)))
            except nvml.NVMLError as error:
                if number not in {gpu.index for gpu in self._known.values()}:
                    self._unreachable[number] = _failed(GpuMeasurement(number, "", ""), error)
        self._xids.open(nvml, self._devices)

    def _named(self, device: Device) -> Device:
        """The device under the index by which it is known: NVML counts anew when one is missing, Ray does not."""
        known = self._known.get(device.uuid)
        taken = {gpu.index for uuid, gpu in self._known.items() if uuid != device.uuid}
        if known is not None:
            device.index = known.index
        elif device.index in taken:
            device.index = max(taken) + 1
        self._known[device.uuid] = known or GpuMeasurement(device.index, device.uuid, device.name)
        return device

    def _failure(self, error: Any) -> NvmlFailure:
        """What an error that concerns all GPUs means, and what can be done."""
        if error.value == LIBRARY_NOT_FOUND and not self._has_card():
            return NvmlFailure("nvml_missing", "This machine has no NVIDIA GPU.", "", state=HardwareState.NONE)
        if error.value in FAILURES:
            return NvmlFailure(*FAILURES[error.value])
        return NvmlFailure("nvml_error", f"NVML says: {error}.", "Does nvidia-smi work? dmesg | grep NVRM tells more.")


def card_on_the_bus() -> bool:
    """Whether the PCI bus has a display controller by NVIDIA, whatever its driver."""
    for card in Path("/sys/bus/pci/devices").glob("*/vendor"):
        try:
            if card.read_text().strip() == NVIDIA and card.with_name("class").read_text().startswith(
                DISPLAY_CONTROLLER
            ):
                return True
        except OSError:
            continue
    return False


def _failed(last: GpuMeasurement, error: Any) -> GpuMeasurement:
    """A GPU that does not answer: who it is and nothing else."""
    if error.value in {GPU_IS_LOST, GPU_NOT_FOUND}:
        return _lost(last)
    bare = GpuMeasurement(last.index, last.uuid, last.name, parts=last.parts, measured_at=last.measured_at)
    if error.value == RESET_REQUIRED:
        return replace(
            bare,
            state=HardwareState.FAILED,
            reason="gpu_reset_required",
            message="The GPU needs a reset.",
            hint=f"Stop what uses it, then: sudo nvidia-smi --gpu-reset -i {last.index}.",
        )
    return replace(
        bare,
        state=HardwareState.FAILED,
        reason="nvml_error",
        message=f"NVML says: {error}.",
        hint="Does nvidia-smi show it? dmesg | grep NVRM tells more.",
    )


def _lost(last: GpuMeasurement) -> GpuMeasurement:
    return GpuMeasurement(
        last.index,
        last.uuid,
        last.name,
        HardwareState.LOST,
        "gpu_lost",
        "The GPU fell off the bus.",
        "dmesg | grep -i xid tells more; mostly only a reboot brings it back. Replicas on it must be moved.",
        memory_total_bytes=last.memory_total_bytes,
        measured_at=last.measured_at,
        parts=last.parts,
    )


def _with_xid(gpu: GpuMeasurement, xid: str) -> GpuMeasurement:
    if not xid:
        return gpu
    hint = gpu.hint or "dmesg | grep -i xid tells more."
    return replace(gpu, message=f"{gpu.message} {xid}".strip(), hint=hint)
