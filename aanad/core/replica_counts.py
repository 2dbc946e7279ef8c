"""What all replicas have counted, added up: totals that only grow, and what is under way now.

A replica's file holds sums since the replica began, so a later reading replaces an earlier one, and what a replica that
is gone had counted stays. Nothing here reads files.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal, NamedTuple

from aanad.core.latency import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from aanad.wire.replica_counts import ReplicaCounts, SeriesCounts

logger = logging.getLogger("aanad.requests")

SETTLED_AFTER_S = 600.0
"""The file of a replica that Serve does not list any more has changed for the last time."""
NOTHING = Tally()


class Key(NamedTuple):
    """What is counted: an endpoint's requests, or calls as a deployment served them, or as its callers sent them."""

    project: str
    kind: Literal["endpoint", "served", "sent"]
    name: str


class Ongoing(NamedTuple):
    """Under way now."""

    ongoing: int = 0
    queued: int = 0


Totals = dict[Key, Tally]


class AllCounts:
    """The counts of all replicas, those that are gone included."""

    def __init__(self) -> None:
        self.totals: Totals = {}
        """Replaced, never changed, so that who keeps it has a reading of that moment."""
        self.followed: set[tuple[str, str]] = set()
        """Projects' deployments whose replicas count themselves."""
        self._files: dict[str, tuple[float, ReplicaCounts]] = {}
        """By the file's name: when it changed, and what it says."""
        self.settled: set[str] = set()
        """Names of files that need not be read any more."""

    def take(self, name: str, counts: ReplicaCounts, now: float) -> Totals:
        """Take over what a file says now; gives what was added to each total.

        Args:
            name: the file's name.
            counts: what it says.
            now: monotonic seconds.
        """
        _, before = self._files.get(name, (now, None))
        if counts == before:
            return {}
        earlier = dict(_tallies(before)) if before else {}
        added: Totals = {}
        for key, tally in _tallies(counts):
            known = earlier.get(key, NOTHING)
            if tally == known and key in self.totals:
                continue
            added[key] = tally.since(known) if tally.has_grown_from(known) else tally
        if added:
            self.totals = plus(self.totals, added)
        self._files[name] = (now, counts)
        if counts.served is not None:
            self.followed.add((counts.project, counts.deployment))
        self.followed |= {(sent.project, sent.deployment) for sent in counts.sent if sent.is_followed}
        return added

    def settle(self, is_alive: Callable[[ReplicaCounts], bool], now: float) -> None:
        """Let go of files that will not change again."""
        for name, (changed_at, counts) in list(self._files.items()):
            if counts.is_last or (now - changed_at > SETTLED_AFTER_S and not is_alive(counts)):
                self.settled.add(name)
                del self._files[name]

    def forget(self, gone: AbstractSet[str], is_alive: Callable[[ReplicaCounts], bool]) -> None:
        """These files have been removed; what they said stays in the totals, and a living replica may write again."""
        self.settled -= gone
        for name in gone:
            if name in self._files and not is_alive(self._files[name][1]):
                del self._files[name]

    def ongoing(self, is_alive: Callable[[ReplicaCounts], bool]) -> dict[Key, Ongoing]:
        """What living replicas have under way."""
        found: dict[Key, Ongoing] = {}
        for _, counts in self._files.values():
            if counts.is_last or not is_alive(counts):
                continue
            for key, series in _series(counts):
                known = found.get(key, Ongoing())
                found[key] = Ongoing(known.ongoing + series.ongoing, known.queued + series.queued)
        return found


def plus(totals: Mapping[Key, Tally], added: Mapping[Key, Tally]) -> Totals:
    """Totals with something added."""
    return {**totals, **{key: totals.get(key, NOTHING).plus(tally) for key, tally in added.items()}}


def _series(counts: ReplicaCounts) -> Iterator[tuple[Key, SeriesCounts]]:
    for name, series in counts.endpoints.items():
        yield Key(counts.project, "endpoint", name), series
    if counts.served is not None:
        yield Key(counts.project, "served", counts.deployment), counts.served
    for sent in counts.sent:
        yield Key(sent.project, "sent", sent.deployment), sent


def _tallies(counts: ReplicaCounts) -> Iterator[tuple[Key, Tally]]:
    for key, series in _series(counts):
        yield key, Tally(series.outcomes, series.buckets, series.sum_s)
