"""The calls that Serve makes in a replica: counted, ended where they are cancelled, read by its health check."""

# ruff: noqa: D102 - methods of models are what they are called

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest
from ray import serve
from ray.serve._private import replica as serve_replica
from ray.serve._private.utils import extract_self_if_method_call

from aanad.sdk import BaseDeployment, served_calls
from aanad.sdk.call_outcomes import CallOutcomes, FailureLimits
from aanad.sdk.counts import Counts
from aanad.sdk.exceptions import InferenceError
from aanad.sdk.served_calls import Unhealthy, followed
from tests.e2e.box import eventually


class Model(BaseDeployment):
    """A method of each kind, each of which can fail."""

    closed = False

    def plain(self, error: Exception | None = None) -> str:
        if error:
            raise error
        return "plain"

    async def value(self, error: Exception | None = None) -> str:
        await asyncio.sleep(0)
        if error:
            raise error
        return "value"

    async def stream(self, count: int, error: Exception | None = None) -> AsyncGenerator[int, None]:
        """Never waits by itself."""
        try:
            for number in range(count):
                yield number
            if error:
                raise error
        finally:
            self.closed = True

    def items(self, count: int, error: Exception | None = None) -> Generator[int, None, None]:
        self.threads = {threading.get_ident()}
        try:
            for number in range(count):
                yield number
                self.threads.add(threading.get_ident())
            if error:
                raise error
        finally:
            self.threads.add(threading.get_ident())
            self.closed = True

    async def both(self) -> list[str]:
        """Calls others of its own methods."""
        return [self.plain(), await self.value()]

    @serve.batch(max_batch_size=4)
    async def batched(self, numbers: list[int]) -> list[int]:
        return [number * self.factor for number in numbers]

    factor = 2


class Serve(serve_replica.UserCallableWrapper):
    """As much of what Serve has around a deployment's object as finds its methods."""

    def __init__(self, deployment: object) -> None:
        self._callable = deployment
        self._is_function = False
        self._cached_user_method_info = {}

    def method(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] = self.get_user_method_info(name).callable
        assert found is self.get_user_method_info(name).callable
        return found


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> list[CallOutcomes]:
    """No test sees another's calls, and Serve's classes are as they come, and put back."""
    for cls, name in ((serve_replica.Replica, "check_health"), (Serve.__base__, "get_user_method_info")):
        monkeypatch.setattr(cls, name, inspect.unwrap(getattr(cls, name)))
    found: list[CallOutcomes] = []
    monkeypatch.setattr(served_calls, "_watched", found)
    return found


def counts(outcomes: CallOutcomes) -> tuple[int, int]:
    """Calls and failures that were noted."""
    return sum(each.calls for each in outcomes._seconds), sum(each.failures for each in outcomes._seconds)


async def test_calls_of_each_kind_of_method_are_counted(watched: list[CallOutcomes]) -> None:
    """One outcome each, whatever they call themselves; what they give and raise is unchanged."""
    model = Serve(Model())

    assert (model.method("plain")(), await model.method("value")()) == ("plain", "value")
    assert await model.method("both")() == ["plain", "value"]
    assert [item async for item in model.method("stream")(3)] == [0, 1, 2]
    assert [item async for item in model.method("items")(3)] == [0, 1, 2]
    assert counts(watched[0]) == (5, 0)

    with pytest.raises(ValueError, match="one"):
        model.method("plain")(ValueError("one"))
    with pytest.raises(ValueError, match="two"):
        await model.method("value")(ValueError("two"))
    for name in ("stream", "items"):
        seen = []
        with pytest.raises(ValueError, match="three"):  # noqa: PT012 - what came before it counts
            async for item in model.method(name)(2, ValueError("three")):
                seen.append(item)  # noqa: PERF401
        assert seen == [0, 1]
    assert counts(watched[0]) == (9, 4)


async def test_a_call_that_is_cancelled_is_not_counted(watched: list[CallOutcomes]) -> None:
    """Nor is a stream that is not read to its end."""
    model = Serve(Model())
    task = asyncio.create_task(model.method("value")())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stream = model.method("stream")(3)
    assert await anext(stream) == 0
    await stream.aclose()

    assert counts(watched[0]) == (0, 0)


async def test_calls_are_counted_by_how_they_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the replica's own series: the class of an exception, the code of an error of Aana's, left streams."""
    mine = Counts()
    monkeypatch.setattr(served_calls, "process_counts", mine)
    model = Serve(Model())
    await model.method("value")()
    for error in (ValueError("secret"), InferenceError("broken")):
        with pytest.raises(type(error)):
            model.method("plain")(error)
    stream = model.method("stream")(3)
    await anext(stream)
    under_way = mine.served().document()
    await stream.aclose()

    assert (under_way["ongoing"], mine.served().ongoing) == (1, 0)
    assert mine.served().document()["outcomes"] == {
        "ok": 1, "ValueError": 1, InferenceError.code: 1, "cancelled": 1,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["stream", "items"])
async def test_a_generator_that_never_waits_ends_where_it_is_cancelled(name: str) -> None:
    """With its ``finally``; a plain one has no more than the item it is at."""
    deployment = Model()
    model = Serve(deployment)
    seen = []

    async def read() -> None:
        async for item in model.method(name)(10_000_000):
            seen.append(item)
            if item == 3:
                reading.cancel()

    reading = asyncio.create_task(read())
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert seen == [0, 1, 2, 3]
    await asyncio.to_thread(eventually, lambda: deployment.closed, within=2)


async def test_a_plain_generator_runs_in_one_thread() -> None:
    """Which is not the event loop's; `torch.no_grad` and the like hold for a thread."""
    deployment = Model()

    assert [item async for item in Serve(deployment).method("items")(50)] == list(range(50))
    assert len(deployment.threads) == 1
    assert threading.get_ident() not in deployment.threads


def test_a_deployment_s_own_calls_are_as_written() -> None:
    """In a test, or from another of its methods."""
    assert list(Model().items(3)) == [0, 1, 2]


def test_a_batched_method_is_still_one() -> None:
    """To Serve, and to the decorator, which looks for itself on the object."""
    deployment = Model()
    method: Any = Serve(deployment).method("batched")

    assert hasattr(method, "set_max_batch_size")
    assert extract_self_if_method_call([deployment, [1]], Model.batched.__wrapped__) is deployment  # type: ignore[attr-defined]


class FakeReplica:
    """As much of Serve's replica as its health check touches."""

    def __init__(self, author_s_check: Callable[[], Any] | None = None) -> None:
        self._healthy = True
        self._user_callable_wrapper = self
        self.call_user_health_check = author_s_check or (lambda: None)


async def check_health(replica: object) -> None:
    await serve_replica.Replica.check_health(replica)  # type: ignore[arg-type]


async def test_serve_s_health_check_fails_once_most_calls_did(capfd: pytest.CaptureFixture[str]) -> None:
    """And goes on failing; the reason is on standard error, once."""
    model = Serve(Model())
    replica = FakeReplica()
    await check_health(replica)

    for _ in range(10):
        with pytest.raises(InferenceError):
            await model.method("value")(InferenceError("broken"))
    for _ in range(3):
        with pytest.raises(Unhealthy, match="10 of 10 calls"):
            await check_health(replica)

    assert not replica._healthy
    assert capfd.readouterr().err.splitlines() == [
        "Unhealthy: 10 of 10 calls within 60 s failed, the last one with InferenceError: broken"
    ]


async def test_the_author_s_own_health_check_still_counts() -> None:
    """It is asked while the calls are fine."""
    Model()

    async def sick() -> None:
        raise RuntimeError("no GPU")

    with pytest.raises(RuntimeError, match="no GPU"):
        await check_health(FakeReplica(sick))


async def test_following_a_call_costs_little() -> None:
    """A stream of ten thousand items takes no second more."""
    outcomes = CallOutcomes(FailureLimits())
    stream = followed(Model().stream, outcomes)

    async with asyncio.timeout(5):
        assert len([item async for item in stream(10_000)]) == 10_000
    assert counts(outcomes) == (1, 0)
