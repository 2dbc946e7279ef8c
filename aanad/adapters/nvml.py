"""GPUs of this machine, sampled once a second by a thread of its own: a call of NVML's may hang, the daemon may not."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aanad.adapters.nvml_session import SELDOM_S, SOON_S, NvmlFailure, NvmlSession
from aanad.core.measurements import GpuReading
from aanad.wire.hardware import HardwareState

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)
EVERY_S = 1.0
TIMEOUT_S = 5.0
"""A reading takes milliseconds; where no nvidia-persistenced keeps the driver loaded, the first one takes seconds."""
NOT_YET = GpuReading(HardwareState.NONE, "nvml_starting", "The GPUs are being looked for.")
HANGING = "The NVIDIA driver does not answer; what is shown is the last reading."
HANGING_HINT = "nvidia-smi would hang too; dmesg | grep -i -e nvrm -e xid tells more. A reboot may be needed."


def pynvml() -> Any:
    """NVIDIA's own bindings; loaded by the thread, because a daemon without GPUs starts faster so."""
    return importlib.import_module("pynvml")


class NvmlSampler:
    """The last reading, however NVML behaves."""

    def __init__(
        self,
        session: NvmlSession | None = None,
        *,
        every_s: float = EVERY_S,
        timeout_s: float = TIMEOUT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """With another `every_s` the longer pauses after failures shrink or grow alike."""
        self._session = session or NvmlSession(pynvml)
        self._every_s = every_s
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._reading = NOT_YET
        self._asked_at: float | None = None
        """When the reading began that has not come back yet."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to sample."""
        # A daemon thread: one that hangs in the driver must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="nvml", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End sampling; one that hangs is left where it is."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(self._every_s)

    def latest(self) -> GpuReading:
        """The last reading; marked as stale where the next one does not come back."""
        asked_at, reading = self._asked_at, self._reading
        if asked_at is None or self._monotonic() - asked_at < self._timeout_s:
            return reading
        gpus = tuple(
            replace(gpu, state=HardwareState.STALE, reason="nvml_timeout", message=HANGING, hint=HANGING_HINT)
            for gpu in reading.gpus
        )
        return replace(
            reading,
            state=HardwareState.STALE,
            reason="nvml_timeout",
            message=HANGING if gpus else "The NVIDIA driver does not answer.",
            hint=HANGING_HINT,
            gpus=gpus,
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            begun = self._monotonic()
            self._asked_at = begun
            pause = self._sample()
            self._asked_at = None
            if self._monotonic() - begun > self._timeout_s:
                log.warning("nvml.resumed after %.1f s", self._monotonic() - begun)
            self._stopping.wait(max(0.0, pause - (self._monotonic() - begun)))
        self._session.close()

    def _sample(self) -> float:
        """Read once; gives the seconds until the next time."""
        number = self._reading.number + 1
        try:
            gpus = self._session.read(datetime.now(UTC))
        except NvmlFailure as failure:
            if failure.reason != self._reading.reason:
                log.info("nvml.%s %s", failure.reason, failure.message)
            self._reading = GpuReading(failure.state, failure.reason, failure.message, failure.hint, (), number)
            return failure.retry_s * self._every_s
        except Exception:
            # The edge of the thread: an error nobody foresaw must not end the sampling for good.
            log.exception("nvml.failed")
            self._reading = GpuReading(
                HardwareState.FAILED,
                "nvml_error",
                "Reading the GPUs failed.",
                "The daemon's log tells more.",
                (),
                number,
            )
            return SOON_S * self._every_s
        if gpus:
            self._reading = GpuReading(HardwareState.OK, "ok", gpus=gpus, number=number)
        else:
            self._reading = GpuReading(HardwareState.NONE, "no_gpu", "The NVIDIA driver knows no GPU.", "", (), number)
        return self._every_s if gpus else SELDOM_S * self._every_s
