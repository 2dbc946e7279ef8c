"""What a process counts: exactly, from any thread, with words for how things ended."""

from __future__ import annotations

import threading
from time import perf_counter

import pytest

from aanad.errors import NotFound
from aanad.sdk.counts import MAX_OUTCOMES, Counts, Series, outcome_of
from aanad.sdk.exceptions import InferenceError
from aanad.sdk.latency_buckets import BOUNDS_S

THREADS, EACH = 8, 5000


@pytest.fixture
def counts() -> Counts:
    """Nothing counted yet."""
    return Counts()


def test_no_count_is_lost_between_threads(counts: Counts) -> None:
    """Eight threads that count calls at once give the sum of what they counted."""
    series = counts.served()

    def work() -> None:
        for _ in range(EACH):
            series.begin()
            series.end("ok", 0.001)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = series.document()
    assert found["outcomes"] == {"ok": THREADS * EACH}
    assert sum(found["buckets"].values()) == THREADS * EACH
    assert found["ongoing"] == 0


def test_a_duration_belongs_to_the_bucket_whose_bound_it_does_not_exceed(counts: Counts) -> None:
    """As Prometheus has it: a bound is part of its bucket; what is longer than all goes to one more."""
    series = counts.endpoint("echo")
    for duration_s in (0.0, 0.0001, 0.001, 0.00100001, 5000.0):
        series.begin()
        series.end(200, duration_s)

    millisecond = BOUNDS_S.index(0.001)
    expected = {"0": 2, str(millisecond): 1, str(millisecond + 1): 1, str(len(BOUNDS_S)): 1}
    assert series.document()["buckets"] == expected


def test_authors_cannot_make_a_series_grow_without_end(counts: Counts) -> None:
    """Beyond some dozens of different outcomes the further ones are counted together."""
    series = counts.served()
    for number in range(MAX_OUTCOMES + 10):
        series.begin()
        series.end(f"error_{number}", 0.0)

    outcomes = series.document()["outcomes"]
    assert len(outcomes) == MAX_OUTCOMES + 1
    assert outcomes["other"] == 10


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"),
        (ValueError("secret"), "ValueError"),
        (NotFound("No.", code="no_such_voice"), "no_such_voice"),
        (InferenceError("broken"), InferenceError.code),
        (GeneratorExit(), "cancelled"),
        (type("Größe {x}", (Exception,), {})(), "Gr__e__x_"),
    ],
)
def test_an_outcome_is_one_safe_word(error: BaseException | None, outcome: str) -> None:
    """A stable code where the error has one, else its class, never its message."""
    assert outcome_of(error) == outcome


def test_a_waiting_thread_is_told_of_the_next_count(counts: Counts) -> None:
    """So that nobody looks in vain, and no count waits."""
    series = counts.endpoint("echo")
    counts.change.arm()
    before = counts.state()
    woken = threading.Event()
    thread = threading.Thread(target=lambda: (counts.change.wait(30), woken.set()))
    thread.start()

    series.begin()

    assert woken.wait(5)
    assert counts.state() != before
    thread.join()


def test_counting_costs_next_to_nothing() -> None:
    """A request's two steps are far below what a request takes; measured generously, for machines that are busy."""
    series: Series = Counts().endpoint("echo")
    best = float("inf")
    for _ in range(20):
        began = perf_counter()
        for _ in range(1000):
            series.begin()
            series.end(200, 0.001)
        best = min(best, (perf_counter() - began) / 1000)

    assert best < 10e-6
