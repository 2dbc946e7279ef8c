"""What this process has counted since it began: requests to endpoints, calls that it served, calls that it sent.

Counting is exact, and made for the hot path of an endpoint, which takes no lock: its event loop is the only one that
counts. Calls may come from any thread. `counts_file` writes the numbers where the daemon reads them; nothing here knows
of files.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from typing import Any

from aanad.errors import AanaError
from aanad.sdk.latency_buckets import BOUNDS_S

OK = "ok"
CANCELLED = "cancelled"
OTHER = "other"
"""Outcomes beyond the first `MAX_OUTCOMES` of a series, should an author make up new ones without end."""
MAX_OUTCOMES = 50
MAX_SERIES = 500
_UNUSUAL = re.compile(r"[^A-Za-z0-9_.-]")


class Change:
    """Tells one waiting thread that something was counted; costs nothing until somebody waits."""

    def __init__(self) -> None:
        self.is_awaited = False
        self._event = threading.Event()

    def arm(self) -> None:
        """Tell of everything from now on; look at what there is already between this and `wait`."""
        self._event.clear()
        self.is_awaited = True

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the next change, or for the end of the time."""
        self._event.wait(timeout_s)

    def tell(self) -> None:
        """Something was counted."""
        self.is_awaited = False
        self._event.set()


class Series:
    """What is counted of one endpoint or of one deployment's calls; from one thread only.

    Another thread may read it at any moment: `version` grows last, so what was read half way is read again.
    """

    __slots__ = ("_buckets", "_change", "_outcomes", "_sum_s", "ongoing", "version")

    def __init__(self, change: Change) -> None:
        self._change = change
        self._outcomes: dict[int | str, int] = {}
        self._buckets = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0
        self.ongoing = 0
        """Begun, and not ended."""
        self.version = 0
        """Grows with everything that is counted."""

    def begin(self) -> None:
        """One has begun."""
        self.ongoing += 1
        self.version += 1
        if self._change.is_awaited:
            self._change.tell()

    def end(self, outcome: int | str, duration_s: float) -> None:
        """One has ended so: an HTTP status, or a word."""
        outcomes = self._outcomes
        try:
            outcomes[outcome] += 1
        except KeyError:
            known = outcome if len(outcomes) < MAX_OUTCOMES else OTHER
            outcomes[known] = outcomes.get(known, 0) + 1
        self._buckets[bisect_left(BOUNDS_S, duration_s)] += 1
        self._sum_s += duration_s
        self.ongoing -= 1
        self.version += 1
        if self._change.is_awaited:
            self._change.tell()

    def leave(self) -> None:
        """One that had begun belongs elsewhere."""
        self.ongoing -= 1
        self.version += 1

    def document(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        outcomes, buckets = self._outcomes.copy(), self._buckets.copy()
        return {
            "outcomes": {str(outcome): count for outcome, count in outcomes.items()},
            "buckets": {str(index): count for index, count in enumerate(buckets) if count},
            "sum_s": round(self._sum_s, 6),
            "ongoing": self.ongoing,
        }


class EndpointSeries(Series):
    """An endpoint's requests, all of which one event loop answers; some may wait for a place."""

    __slots__ = ("queued",)

    def __init__(self, change: Change) -> None:
        super().__init__(change)
        self.queued = 0
        """Of the ongoing ones, those that wait for a place; set by whoever gives the places."""

    def document(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {**super().document(), "queued": self.queued}


class CallSeries(Series):
    """Calls, which may begin and end in any thread."""

    __slots__ = ("_lock",)

    def __init__(self, change: Change) -> None:
        super().__init__(change)
        self._lock = threading.Lock()

    def begin(self) -> None:
        """One has begun."""
        with self._lock:
            super().begin()

    def end(self, outcome: int | str, duration_s: float) -> None:
        """One has ended so."""
        with self._lock:
            super().end(outcome, duration_s)

    def document(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        with self._lock:
            return super().document()


class SentSeries(CallSeries):
    """Calls that this process sent to one deployment."""

    __slots__ = ("is_followed",)

    def __init__(self, change: Change) -> None:
        super().__init__(change)
        self.is_followed: bool | None = None
        """Whether the deployment's own replicas count as well; None where it is not known."""

    def document(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {**super().document(), "is_followed": self.is_followed}


class Counts:
    """All series of one process."""

    def __init__(self) -> None:
        self.change = Change()
        self._lock = threading.Lock()
        self._endpoints: dict[str, EndpointSeries] = {}
        self._sent: dict[tuple[str, str], SentSeries] = {}
        self._served: CallSeries | None = None

    def endpoint(self, name: str) -> EndpointSeries:
        """The series of an endpoint, or of what is counted beside them."""
        with self._lock:
            return self._endpoints.setdefault(name, EndpointSeries(self.change))

    def served(self) -> CallSeries:
        """The series of the calls that this replica serves."""
        with self._lock:
            if self._served is None:
                self._served = CallSeries(self.change)
            return self._served

    def sent(self, project: str, deployment: str) -> SentSeries:
        """The series of the calls that are sent to a deployment."""
        with self._lock:
            key = (project, deployment)
            if key not in self._sent and len(self._sent) >= MAX_SERIES:
                key = (project, OTHER)
            return self._sent.setdefault(key, SentSeries(self.change))

    def state(self) -> tuple[int, int]:
        """Two numbers, of which one differs as soon as there is something new."""
        with self._lock:
            series = [*self._endpoints.values(), *self._sent.values(), *([self._served] if self._served else [])]
            queued = sum(each.queued for each in self._endpoints.values())
        return sum(each.version for each in series), queued

    @property
    def has_ongoing(self) -> bool:
        """Whether something is under way here."""
        with self._lock:
            series = [*self._endpoints.values(), *self._sent.values(), *([self._served] if self._served else [])]
        return any(each.ongoing for each in series)

    def document(self) -> dict[str, Any]:
        """All that was counted, as JSON has it; what never happened is left out."""
        with self._lock:
            endpoints, sent, served = dict(self._endpoints), dict(self._sent), self._served
        return {
            "endpoints": {name: series.document() for name, series in endpoints.items() if series.version},
            "served": served.document() if served else None,
            "sent": [
                {"project": project, "deployment": deployment, **series.document()}
                for (project, deployment), series in sent.items()
                if series.version
            ],
        }


process_counts = Counts()
"""This process's own; a replica is a process."""


def outcome_of(error: BaseException | None) -> str:
    """The word for how a call ended: ``ok``, ``cancelled``, an error's stable code, or the name of its class."""
    if error is None:
        return OK
    if isinstance(error, AanaError):
        return _UNUSUAL.sub("_", str(error.code))[:64]
    if not isinstance(error, Exception):
        return CANCELLED
    return _UNUSUAL.sub("_", type(error).__name__)[:64]
