"""The last hour of samples, one a second, in memory that does not grow: 14,400 bytes a series."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from math import isnan, nan

SECONDS = 3600
"""What is kept."""
_NOTHING = array("f", [nan]) * SECONDS


@dataclass(frozen=True)
class SeriesKey:
    """Whose quantity it is."""

    node: str
    gpu: int | None
    metric: str


class _Ring:
    """One series. A 32-bit float knows 80 GB to 8 KiB, and percents, degrees and watts to more than is measured."""

    def __init__(self) -> None:
        self.values = array("f", _NOTHING)
        self.newest: int | None = None


class SampleHistory:
    """Series by key; a second is a count from whichever start, the same for all."""

    def __init__(self) -> None:
        self._rings: dict[SeriesKey, _Ring] = {}

    def put(self, key: SeriesKey, second: int, value: float | None, *, covers: int = 1) -> None:
        """Note what was measured.

        Args:
            key: of what.
            second: when; earlier than the newest, it is left out.
            value: None is nothing measured.
            covers: for how many seconds up to this one it stands, as far as they have no value yet.
        """
        if value is None:
            return
        ring = self._rings.setdefault(key, _Ring())
        newest = ring.newest
        if newest is not None and second < newest:
            return
        gap = SECONDS if newest is None else min(SECONDS, second - newest)
        values = ring.values
        for age in range(gap):
            values[(second - age) % SECONDS] = value if age < covers else nan
        if gap == 0:
            values[second % SECONDS] = value
        ring.newest = second

    def forget_before(self, second: int) -> None:
        """Drop series of which nothing is left: a GPU or a node that has been gone for an hour."""
        for key in [key for key, ring in self._rings.items() if (ring.newest or 0) <= second - SECONDS]:
            del self._rings[key]

    def series(self) -> list[SeriesKey]:
        """What there is, in order."""
        return sorted(self._rings, key=lambda key: (key.node, -1 if key.gpu is None else key.gpu, key.metric))

    def read(
        self, key: SeriesKey, *, last: int, seconds: int, width: int
    ) -> tuple[list[float | None], list[float | None]]:
        """Mean and maximum of `width` equal steps that together cover the `seconds` up to and with `last`.

        None where nothing was measured. A step shorter than a second shows the second it lies in.
        """
        values = self._line(self._rings[key], last, seconds)
        means: list[float | None] = []
        highest: list[float | None] = []
        for step in range(width):
            begin = step * seconds // width
            part = values[begin : max(begin + 1, (step + 1) * seconds // width)]
            total = sum(part)
            if isnan(total):
                part = array("f", (value for value in part if not isnan(value)))
                total = sum(part)
            means.append(total / len(part) if part else None)
            highest.append(max(part) if part else None)
        return means, highest

    @property
    def size_bytes(self) -> int:
        """Of all values."""
        return sum(len(ring.values) * ring.values.itemsize for ring in self._rings.values())

    def _line(self, ring: _Ring, last: int, seconds: int) -> array[float]:
        """The seconds up to `last`, the oldest first."""
        newest = last if ring.newest is None else ring.newest
        missing = min(seconds, max(0, last - newest))
        begin, count = last - seconds + 1, seconds - missing
        # What is older than the hour has been written over by newer seconds.
        lost = min(count, max(0, newest - SECONDS + 1 - begin))
        first = (begin + lost) % SECONDS
        known = count - lost
        line = array("f", [nan]) * lost
        line += ring.values[first : first + known]
        line += ring.values[: max(0, known - (SECONDS - first))]
        return line + array("f", [nan]) * missing
