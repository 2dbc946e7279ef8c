"""The thread that uses a model: batches of what waits, errors for whom they concern, a free event loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from aanad.sdk.deployments.model_thread import ModelThread


class Model:
    """Doubles numbers, and notes its batches; it waits where a test holds it, and has something against 13."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.may_go = threading.Event()
        self.may_go.set()
        self.begun = threading.Event()

    def double(self, numbers: list[int]) -> list[int]:
        """One batch."""
        self.batches.append(numbers)
        self.begun.set()
        self.threads.add(threading.get_ident())
        assert self.may_go.wait(10)
        if 13 in numbers:
            raise ValueError("not 13")
        return [2 * number for number in numbers]


async def test_what_waits_makes_the_next_batch() -> None:
    """A lone item is taken at once; what arrives meanwhile goes together, as many as a batch may have."""
    model = Model()
    thread = ModelThread(model.double)
    thread.batch_size = 3
    model.may_go.clear()
    first = asyncio.create_task(thread.map([0]))
    assert await asyncio.to_thread(model.begun.wait, 10)

    waiting = [asyncio.create_task(thread.map([number])) for number in range(1, 6)]
    await asyncio.sleep(0)
    model.may_go.set()

    assert [await call for call in [first, *waiting]] == [[0], [2], [4], [6], [8], [10]]
    assert model.batches == [[0], [1, 2, 3], [4, 5]]
    assert len(model.threads) == 1
    assert model.threads != {threading.get_ident()}


async def test_one_call_may_have_more_than_a_batch() -> None:
    """Its results come in the order of its items."""
    model = Model()
    thread = ModelThread(model.double)
    thread.batch_size = 4

    assert await thread.map(range(10)) == list(range(0, 20, 2))
    assert [len(batch) for batch in model.batches] == [4, 4, 2]
    assert await thread.map([]) == []


async def test_an_error_is_its_own_item_s() -> None:
    """A batch that fails is tried again item by item: the others get their results."""
    model = Model()
    thread = ModelThread(model.double)
    thread.batch_size = 8

    results = await asyncio.gather(*(thread.map([number]) for number in (1, 13, 2)), return_exceptions=True)

    assert results[0] == [2]
    assert repr(results[1]) == "ValueError('not 13')"
    assert results[2] == [4]


async def test_the_event_loop_stays_free() -> None:
    """While the model works, other calls of the replica are answered; another use of the thread waits its turn."""
    model = Model()
    thread = ModelThread(model.double)
    model.may_go.clear()
    call = asyncio.create_task(thread.map([1]))
    assert await asyncio.to_thread(model.begun.wait, 10)
    reload = asyncio.create_task(thread.run(lambda: len(model.batches)))

    await asyncio.sleep(0.01)  # the loop runs on: this returns although the model does not

    assert not call.done()
    assert not reload.done()
    model.may_go.set()
    assert await call == [2]
    assert await reload == 1


async def test_who_left_is_not_worked_for() -> None:
    """An item whose caller went away before its turn never reaches the model."""
    model = Model()
    thread = ModelThread(model.double)
    model.may_go.clear()
    first = asyncio.create_task(thread.map([1]))
    assert await asyncio.to_thread(model.begun.wait, 10)
    left, stayed = asyncio.create_task(thread.map([2])), asyncio.create_task(thread.map([3]))
    await asyncio.sleep(0)

    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    model.may_go.set()

    assert await first == [2]
    assert await stayed == [6]
    assert model.batches == [[1], [3]]


async def test_a_wrong_number_of_results_is_an_error() -> None:
    """Nobody waits for ever for a result that a model left out."""
    thread: ModelThread[int, int] = ModelThread(lambda _: [])

    with pytest.raises(ValueError, match="shorter"):
        await thread.map([1])
