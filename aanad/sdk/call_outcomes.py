"""A replica that fails most of its calls is replaced: its calls are counted, and its health check reads the count.

A failure is an `InferenceError` or whatever else is not meant for the client (status 500 and above, or no error of
Aana's at all). What says nothing of this replica is not counted: a call that was cancelled, and an error that came
from another deployment.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aanad import errors
from aanad.sdk.exceptions import EndpointError, InferenceError
from aanad.sdk.failures import is_another_s

if TYPE_CHECKING:
    from collections.abc import Callable

RATIO_VARIABLE = "AANA_FAILURE_RATIO"
WINDOW_VARIABLE = "AANA_FAILURE_WINDOW_S"
MIN_CALLS_VARIABLE = "AANA_FAILURE_MIN_CALLS"
"""The operator's limits; where they are not set, those of `FailureLimits`."""
MAX_TEXT = 300
SERVER_ERROR = 500
_FINE = (errors.InvalidInput, errors.NotFound, errors.Refused)
_ELSEWHERE = (errors.TimedOut, errors.Unavailable)


@dataclass(frozen=True)
class FailureLimits:
    """Above which a replica is replaced."""

    ratio: float = 0.5
    window_s: float = 60.0
    min_calls: int = 10

    @classmethod
    def of(cls, deployment: type) -> FailureLimits:
        """What the author says on the class, else what the operator's settings say, else the defaults."""

        def chosen(attribute: str, variable: str, default: float) -> float:
            by_author: float | None = getattr(deployment, attribute, None)
            return float(os.environ.get(variable, default) if by_author is None else by_author)

        return cls(
            ratio=chosen("failure_ratio", RATIO_VARIABLE, cls.ratio),
            window_s=chosen("failure_window_s", WINDOW_VARIABLE, cls.window_s),
            min_calls=int(chosen("failure_min_calls", MIN_CALLS_VARIABLE, cls.min_calls)),
        )


@dataclass
class _Second:
    at: int
    calls: int = 0
    failures: int = 0


@dataclass
class CallOutcomes:
    """The calls of the last while, added up second by second; used from several threads."""

    limits: FailureLimits
    clock: Callable[[], float] = time.monotonic
    _seconds: deque[_Second] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last_error: str = ""
    _verdict: str | None = None

    def note(self, error: BaseException | None) -> None:
        """A call has ended: well, or with `error`."""
        failed = is_failure(error)
        if failed is None:
            return
        with self._lock:
            now = int(self.clock())
            if not self._seconds or self._seconds[-1].at != now:
                self._forget(now)
                self._seconds.append(_Second(now))
            self._seconds[-1].calls += 1
            if failed:
                self._seconds[-1].failures += 1
                self._last_error = _said(error)

    def verdict(self) -> str | None:
        """Why the replica must be replaced, if it must; once it must, it stays so."""
        with self._lock:
            if self._verdict is None:
                self._forget(int(self.clock()))
                calls = sum(each.calls for each in self._seconds)
                failures = sum(each.failures for each in self._seconds)
                if calls >= self.limits.min_calls and failures > self.limits.ratio * calls:
                    self._verdict = (
                        f"{failures} of {calls} calls within {self.limits.window_s:g} s failed, "
                        f"the last one with {self._last_error}"
                    )
            return self._verdict

    def _forget(self, now: int) -> None:
        while self._seconds and self._seconds[0].at <= now - self.limits.window_s:
            self._seconds.popleft()


def is_failure(error: BaseException | None) -> bool | None:
    """Whether the replica is to blame for the end of a call; None where the call says nothing about it."""
    if error is None:
        return False
    if not isinstance(error, Exception) or is_another_s(error) or isinstance(error, _ELSEWHERE):
        return None
    if isinstance(error, InferenceError):
        return True
    if isinstance(error, EndpointError):
        return not isinstance(error.status, int) or error.status >= SERVER_ERROR
    return not isinstance(error, _FINE)


def _said(error: BaseException | None) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an author's own __str__
        text = ""
    first = next(iter(text.splitlines()), "").strip()
    return (f"{type(error).__name__}: {first}" if first else type(error).__name__)[:MAX_TEXT]
