"""Histograms of durations: sums of them, differences, and percentiles.

The buckets are those that replicas count in (`aanad.sdk.latency_buckets`; a test holds the two together): the preferred
numbers R40 of ISO 3 from 0.1 ms to 1000 s. A percentile is interpolated inside its bucket, so it is off by less than
the bucket is wide: at most 7.2 %.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

R40 = (
    1.0, 1.06, 1.12, 1.18, 1.25, 1.32, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.12, 2.24, 2.36, 2.5, 2.65, 2.8, 3.0,
    3.15, 3.35, 3.55, 3.75, 4.0, 4.25, 4.5, 4.75, 5.0, 5.3, 5.6, 6.0, 6.3, 6.7, 7.1, 7.5, 8.0, 8.5, 9.0, 9.5,
)  # fmt: skip
BOUNDS_S: tuple[float, ...] = (
    *(float(f"{number:g}e{exponent}") for exponent in range(-4, 3) for number in R40),
    1000.0,
)
PERCENT = 100


@dataclass(frozen=True)
class Tally:
    """So many of one thing, how they ended, and how long they took."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    buckets: Mapping[int, int] = field(default_factory=dict)
    sum_s: float = 0.0

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.outcomes.values())

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            dict(Counter(self.outcomes) + Counter(other.outcomes)),
            dict(Counter(self.buckets) + Counter(other.buckets)),
            self.sum_s + other.sum_s,
        )

    def since(self, before: Tally) -> Tally:
        """What was added to `before`."""
        return Tally(
            dict(Counter(self.outcomes) - Counter(before.outcomes)),
            dict(Counter(self.buckets) - Counter(before.buckets)),
            max(0.0, self.sum_s - before.sum_s),
        )

    def has_grown_from(self, before: Tally) -> bool:
        """Whether it can be the same count, later."""
        return all(self.outcomes.get(outcome, 0) >= count for outcome, count in before.outcomes.items())

    def percentiles_ms(self, percents: Sequence[float]) -> list[float | None]:
        """The durations that so many percent stayed within, in milliseconds; None for each where there is none."""
        indexes = sorted(self.buckets)
        reached = list(accumulate(self.buckets[index] for index in indexes))
        if not reached or not reached[-1]:
            return [None for _ in percents]
        found: list[float | None] = []
        for percent in percents:
            rank = reached[-1] * percent / PERCENT
            at = next(place for place, count in enumerate(reached) if count >= rank)
            before = reached[at - 1] if at else 0
            share = (rank - before) / (reached[at] - before)
            low, high = _limits(indexes[at])
            found.append(round((low + (high - low) * share) * 1000, 3))
        return found

    def cumulative(self, bounds_s: Sequence[float]) -> list[int]:
        """How many took at most so long, for each of some of the buckets' bounds."""
        return [
            sum(count for index, count in self.buckets.items() if index < len(BOUNDS_S) and BOUNDS_S[index] <= bound)
            for bound in bounds_s
        ]


def together(tallies: Sequence[Tally]) -> Tally:
    """All of them in one."""
    outcomes: Counter[str] = Counter()
    buckets: Counter[int] = Counter()
    for tally in tallies:
        outcomes.update(tally.outcomes)
        buckets.update(tally.buckets)
    return Tally(dict(outcomes), dict(buckets), sum(tally.sum_s for tally in tallies))


def _limits(index: int) -> tuple[float, float]:
    if index >= len(BOUNDS_S):
        return BOUNDS_S[-1], BOUNDS_S[-1]
    return (BOUNDS_S[index - 1] if index else 0.0), BOUNDS_S[index]
