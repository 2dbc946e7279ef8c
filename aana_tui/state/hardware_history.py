"""What the hardware did, in the steps of a graph: asked for once, then extended by what the watch says."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aanad.wire.hardware import History

Key = tuple[str, int | None, str]
"""Node, GPU (None for one of the node's own) and metric, as `aanad.wire.hardware.Series` has them."""


class HardwareHistory:
    """A window of time in steps, all of the same length; only complete steps are shown.

    Args:
        seconds: how long the window is.
        steps: how many it has.
    """

    def __init__(self, seconds: float, steps: int) -> None:
        self.seconds = seconds
        self.steps = max(1, steps)
        self.step_s = seconds / self.steps
        self._values: dict[Key, list[float | None]] = {}
        """The complete steps, the newest last."""
        self._sums: dict[Key, tuple[float, int]] = {}
        """Of the step that is not complete yet."""
        self._last: dict[Key, float | None] = {}
        self._step: int | None = None
        """The number of the step that is not complete yet, by this console's clock."""

    def load(self, history: History, now: float) -> None:
        """Begin with what the daemon has kept; `now` is by this console's clock."""
        self._values = {
            (series.node, series.gpu, series.metric): list(series.mean[-self.steps :]) for series in history.series
        }
        self._sums = {}
        self._step = floor(now / self.step_s)

    def extend(self, measured: Mapping[Key, float | None], now: float) -> None:
        """Take in what is measured now; steps nobody looked at are as it was at the last look."""
        step = floor(now / self.step_s)
        if self._step is None:
            self._step = step
        for _ in range(min(step - self._step, self.steps)):
            self._complete()
        self._step = max(step, self._step)
        for key, value in measured.items():
            self._last[key] = value
            if value is not None:
                total, count = self._sums.get(key, (0.0, 0))
                self._sums[key] = (total + value, count + 1)
        self._last = {key: value for key, value in self._last.items() if key in measured}

    def values(self, *key: *Key) -> list[float | None]:
        """The complete steps of one quantity, the newest last; shorter where no more is known."""
        return self._values.get(key, [])

    def _complete(self) -> None:
        for key in {*self._values, *self._last}:
            total, count = self._sums.get(key, (0.0, 0))
            values = self._values.setdefault(key, [])
            values.append(total / count if count else self._last.get(key))
            del values[: -self.steps]
        self._sums = {}
