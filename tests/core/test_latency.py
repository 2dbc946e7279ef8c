"""Histograms of durations: the same buckets on both sides, and percentiles within the error that the page says."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from itertools import pairwise

import pytest

from aanad.core.latency import BOUNDS_S, Tally, together
from aanad.sdk import latency_buckets
from aanad.wire.replica_counts import BUCKETS

WIDEST = 0.072


def tally(durations_s: list[float]) -> Tally:
    """So many requests that were answered well."""
    buckets = Counter(bisect_left(BOUNDS_S, duration_s) for duration_s in durations_s)
    return Tally({"200": len(durations_s)}, buckets, sum(durations_s))


def test_replicas_and_the_daemon_mean_the_same_buckets() -> None:
    """Neither may import the other, so both write them down."""
    assert latency_buckets.BOUNDS_S == BOUNDS_S
    assert len(BOUNDS_S) + 1 == BUCKETS


def test_no_bucket_is_wider_than_is_said() -> None:
    """Each bound is at most 7.2 % above the one before."""
    assert all(low < high <= low * (1 + WIDEST) for low, high in pairwise(BOUNDS_S))


@pytest.mark.parametrize("seed", range(5))
def test_a_percentile_is_near_the_exact_one(seed: int) -> None:
    """Within the width of a bucket, whatever the durations are like."""
    chance = random.Random(seed)
    durations = sorted(chance.lognormvariate(-3, 1.5) for _ in range(5000))

    found = tally(durations).percentiles_ms((50, 95, 99))

    for percent, value in zip((50, 95, 99), found, strict=True):
        exact = durations[round(len(durations) * percent / 100) - 1] * 1000
        assert value == pytest.approx(exact, rel=WIDEST)


def test_percentiles_at_the_edges() -> None:
    """None without durations; the shortest bucket begins at nothing, and the longest has no end to guess."""
    assert Tally().percentiles_ms((50, 99)) == [None, None]
    assert tally([0.00005]).percentiles_ms((100,)) == [0.1]
    assert tally([5000.0]).percentiles_ms((50,)) == [1_000_000.0]


def test_tallies_add_up_and_differ() -> None:
    """What was added to an earlier tally is the difference; both together are the later one."""
    before, added = tally([0.1, 0.2]), Tally({"500": 1}, {3: 1}, 0.5)
    after = before.plus(added)

    assert after.since(before) == added
    assert together([before, added]) == after
    assert after.has_grown_from(before)
    assert not before.has_grown_from(after)
    assert after.count == 3


def test_cumulative_counts_are_exact_at_the_bounds() -> None:
    """A bound is part of its bucket."""
    assert tally([0.001, 0.0011, 0.005, 7.0, 2000.0]).cumulative((0.001, 0.0025, 0.005, 10, 1000)) == [1, 2, 3, 4, 4]
