"""A replica that fails most of its calls is replaced: what counts, and what Serve's health check makes of it."""

# ruff: noqa: D102 - methods of models are what they are called

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import Any

import pytest
from ray import cloudpickle, serve
from ray.serve._private import replica as serve_replica
from ray.serve._private.utils import extract_self_if_method_call
from ray.serve.context import _RequestContext, _serve_request_context

from aanad import errors
from aanad.sdk import BaseDeployment, call_outcomes
from aanad.sdk.call_outcomes import CallOutcomes, FailureLimits, Unhealthy, is_failure
from aanad.sdk.exceptions import EndpointError, InferenceError, NotFound, TimedOut, Unavailable
from aanad.sdk.failures import mark_as_another_s
from aanad.sdk.methods import Kind, public_methods


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Mixin:
    """No deployment of its own."""

    def mixed_in(self) -> str:
        return "mixed in"


class Model(Mixin, BaseDeployment):
    """A method of each kind, each of which can fail."""

    def plain(self, error: Exception | None = None) -> str:
        if error:
            raise error
        return "plain"

    async def value(self, error: Exception | None = None) -> str:
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
        try:
            yield from range(count)
            if error:
                raise error
        finally:
            self.closed = True

    async def both(self) -> list[str]:
        """Calls others of its own methods."""
        return [self.plain(), *await asyncio.gather(self.value(), self.value())]

    @staticmethod
    def static() -> str:
        return "static"

    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    async def check_health(self) -> None: ...

    def _private(self) -> None: ...


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[CallOutcomes]]:
    """No test sees another's calls; Serve's class is put back."""
    monkeypatch.setattr(serve_replica.Replica, "check_health", serve_replica.Replica.check_health)
    watched: list[CallOutcomes] = []
    monkeypatch.setattr(call_outcomes, "_watched", watched)
    return watched


@pytest.fixture
def as_serve() -> Iterator[None]:
    """Within a request of Serve's."""
    token = _serve_request_context.set(_RequestContext(_internal_request_id="1"))
    yield
    _serve_request_context.reset(token)


def counts(outcomes: CallOutcomes) -> tuple[int, int]:
    """Calls and failures that were noted."""
    return sum(each.calls for each in outcomes._seconds), sum(each.failures for each in outcomes._seconds)


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

    class Careful(BaseDeployment):
        failure_ratio = 0.1

    monkeypatch.setenv("AANA_FAILURE_RATIO", "0.9")
    monkeypatch.setenv("AANA_FAILURE_WINDOW_S", "30.0")

    assert FailureLimits.of(Careful) == FailureLimits(ratio=0.1, window_s=30, min_calls=10)
    assert FailureLimits.of(Model) == FailureLimits(ratio=0.9, window_s=30, min_calls=10)


@pytest.mark.usefixtures("as_serve")
async def test_calls_of_each_kind_of_method_are_counted(counted: list[CallOutcomes]) -> None:
    """One outcome each, and what they give and raise is unchanged."""
    model = Model()

    assert (model.plain(), await model.value(), model.mixed_in()) == ("plain", "value", "mixed in")
    assert [item async for item in model.stream(3)] == [0, 1, 2]
    items: Any = model.items(3)
    assert [item async for item in items] == [0, 1, 2]
    assert counts(counted[0]) == (5, 0)

    with pytest.raises(ValueError, match="one"):
        model.plain(ValueError("one"))
    with pytest.raises(ValueError, match="two"):
        await model.value(ValueError("two"))
    with pytest.raises(ValueError, match="three"):
        _ = [item async for item in model.stream(1, ValueError("three"))]
    items = model.items(1, ValueError("four"))
    with pytest.raises(ValueError, match="four"):
        _ = [item async for item in items]
    assert counts(counted[0]) == (9, 4)


async def test_calls_among_a_deployment_s_own_methods_are_not_counted(counted: list[CallOutcomes]) -> None:
    """The one from outside is."""
    assert await Model().both() == ["plain", "value", "value"]
    assert counts(counted[0]) == (1, 0)


async def test_a_call_that_is_cancelled_is_not_counted(counted: list[CallOutcomes]) -> None:
    """Nor is a stream that is not read to its end; both end at once."""
    model = Model()
    task = asyncio.create_task(model.value())
    await asyncio.sleep(0)
    stream = model.stream(3)
    assert await anext(stream) == 0
    await stream.aclose()
    assert model.closed
    await task

    assert counts(counted[0]) == (1, 0)


@pytest.mark.usefixtures("as_serve")
@pytest.mark.parametrize("method", ["stream", "items"])
async def test_a_generator_that_never_waits_ends_where_it_is_cancelled(method: str) -> None:
    """After its current item, with its ``finally``; so does a plain one."""
    model = Model()
    seen = []

    async def read() -> None:
        async for item in getattr(model, method)(1000):
            seen.append(item)
            if item == 3:
                reading.cancel()

    reading = asyncio.create_task(read())
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert seen == [0, 1, 2, 3]
    assert model.closed


def test_a_plain_generator_is_plain_for_its_author() -> None:
    """In a test, or within the deployment."""
    assert list(Model().items(3)) == [0, 1, 2]


def test_methods_look_as_they_were_written() -> None:
    """To handles, to Serve and to decorators that find themselves on the object."""
    assert public_methods(Model) == {
        "both": Kind.VALUE,
        "items": Kind.STREAM,
        "mixed_in": Kind.VALUE,
        "of_class": Kind.VALUE,
        "plain": Kind.VALUE,
        "static": Kind.VALUE,
        "stream": Kind.STREAM,
        "value": Kind.VALUE,
    }
    assert list(inspect.signature(Model.value).parameters) == ["self", "error"]
    assert (Model.value.__name__, Model.value.__doc__) == ("value", None)
    assert Model.static() == "static"
    assert Model.of_class() == "Model"


def test_a_decorated_method_finds_itself_on_its_object() -> None:
    """As `serve.batch` does, which tells a method from a function so."""

    async def double(self: Any, numbers: list[int]) -> list[int]:
        return [number * self.factor for number in numbers]

    class Batching(BaseDeployment):
        pass

    Batching.double = call_outcomes.counted(serve.batch(max_batch_size=4)(double))  # type: ignore[attr-defined]
    model = Batching()

    assert extract_self_if_method_call([model, [1]], double) is model
    assert hasattr(model.double, "set_max_batch_size")  # type: ignore[attr-defined]


async def test_a_class_that_serve_pickles_is_counted_once(counted: list[CallOutcomes]) -> None:
    """As it does with classes that are not in a module."""

    def made() -> type:
        class Local(BaseDeployment):
            async def value(self) -> int:
                return 1

        return Local

    assert await cloudpickle.loads(cloudpickle.dumps(made()))().value() == 1
    assert counts(counted[0]) == (1, 0)


class FakeReplica:
    """As much of Serve's replica as its health check touches."""

    def __init__(self, author_s_check: Callable[[], Any] | None = None) -> None:
        self._healthy = True
        self._user_callable_wrapper = self
        self.call_user_health_check = author_s_check or (lambda: None)


async def test_serve_s_health_check_fails_once_most_calls_did(capfd: pytest.CaptureFixture[str]) -> None:
    """And goes on failing; the reason is on standard error, once."""
    model = Model()
    replica: Any = FakeReplica()
    await serve_replica.Replica.check_health(replica)

    for _ in range(10):
        with pytest.raises(InferenceError):
            await model.value(InferenceError("broken"))
    for _ in range(3):
        with pytest.raises(Unhealthy, match="10 of 10 calls"):
            await serve_replica.Replica.check_health(replica)

    assert not replica._healthy
    said = capfd.readouterr().err.splitlines()
    assert said == ["Unhealthy: 10 of 10 calls within 60 s failed, the last one with InferenceError: broken"]


async def test_the_author_s_own_health_check_still_counts() -> None:
    """It is asked while the calls are fine."""
    Model()

    async def sick() -> None:
        raise RuntimeError("no GPU")

    with pytest.raises(RuntimeError, match="no GPU"):
        await serve_replica.Replica.check_health(FakeReplica(sick))  # type: ignore[arg-type]
