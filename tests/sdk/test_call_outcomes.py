"""When a replica has failed too many of its calls to be kept."""

from __future__ import annotations

import asyncio

import pytest

from aanad import errors
from aanad.sdk import BaseDeployment
from aanad.sdk.call_outcomes import CallOutcomes, FailureLimits, is_failure
from aanad.sdk.exceptions import EndpointError, InferenceError, NotFound, TimedOut, Unavailable
from aanad.sdk.failures import mark_as_another_s


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def remote(error: Exception) -> Exception:
    """As if it came through a handle."""
    mark_as_another_s(error)
    return error


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (None, False),
        (InferenceError("x"), True),
        (InferenceError("x", status=422), True),
        (RuntimeError("CUDA error"), True),
        (ValueError("x"), True),
        (EndpointError("x"), True),
        (errors.Failed("x"), True),
        (NotFound("x"), False),
        (EndpointError("x", status=418), False),
        (errors.InvalidInput("x"), False),
        (TimedOut("x"), None),
        (Unavailable("x"), None),
        (errors.Unavailable("x"), None),
        (remote(RuntimeError("x")), None),
        (remote(InferenceError("x")), None),
        (asyncio.CancelledError(), None),
        (GeneratorExit(), None),
    ],
)
def test_what_a_failure_is(error: BaseException | None, failed: bool | None) -> None:
    """What the model did wrong; not what the client did, and nothing that says nothing of this replica."""
    assert is_failure(error) is failed


@pytest.mark.parametrize(
    ("failures", "fine", "verdict"),
    [
        (9, 0, None),
        (10, 0, "10 of 10 calls within 60 s failed, the last one with InferenceError: broken"),
        (6, 4, "6 of 10 calls within 60 s failed, the last one with InferenceError: broken"),
        (5, 5, None),
        (50, 51, None),
    ],
)
def test_more_than_half_of_at_least_ten_calls(failures: int, fine: int, verdict: str | None) -> None:
    """Half is not more than half, and few calls say nothing."""
    outcomes = CallOutcomes(FailureLimits())
    for _ in range(failures):
        outcomes.note(InferenceError("broken\nin many ways"))
    for _ in range(fine):
        outcomes.note(None)

    assert outcomes.verdict() == verdict


def test_calls_are_forgotten_after_the_window_and_a_verdict_is_not() -> None:
    """Failures of a minute ago are past; who is to be replaced is not pardoned."""
    clock = Clock()
    outcomes = CallOutcomes(FailureLimits(), clock)
    for second in range(20):
        clock.now = 1000.0 + second
        outcomes.note(RuntimeError())
    clock.now = 1071.0
    assert outcomes.verdict() is None

    for _ in range(3):
        outcomes.note(RuntimeError())
    assert outcomes.verdict() == "11 of 11 calls within 60 s failed, the last one with RuntimeError"

    clock.now = 5000.0
    assert outcomes.verdict() is not None


def test_the_author_s_limits_win_over_the_operator_s_and_those_over_the_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each by itself."""

    class Plain(BaseDeployment): ...

    class Careful(Plain):
        failure_ratio = 0.1

    monkeypatch.setenv("AANA_FAILURE_RATIO", "0.9")
    monkeypatch.setenv("AANA_FAILURE_WINDOW_S", "30.0")

    assert FailureLimits.of(Careful) == FailureLimits(ratio=0.1, window_s=30, min_calls=10)
    assert FailureLimits.of(Plain) == FailureLimits(ratio=0.9, window_s=30, min_calls=10)
