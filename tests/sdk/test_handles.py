"""Calling a deployment: values, streams, wrong names, replicas that die, calls that take too long."""

# ruff: noqa: D102, PERF401, PT012 - the fakes are Serve's shape; what came before an error is the point of a stream

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ray.exceptions import ActorUnavailableError, RayTaskError
from ray.serve._private.serialization import RPCSerializer
from ray.serve.exceptions import BackPressureError

from aanad.errors import AanaError, Failed, NotFound, TimedOut, Unavailable
from aanad.sdk import AanaDeploymentHandle, handle, wiring
from aanad.sdk.call_outcomes import is_failure
from aanad.sdk.counts import Counts
from aanad.sdk.exceptions import InferenceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Model:
    """The class behind the fake: one method of each kind."""

    async def value(self, number: int) -> int:
        """One value."""
        return number * 2

    async def stream(self, limit: int) -> AsyncIterator[int]:
        """Many values."""
        for number in range(limit):
            yield number


class FakeServeHandle:
    """Has the shape of Serve's handle; every call runs `answer` or iterates `items`."""

    def __init__(self, answer: Callable[..., Any] | None = None, items: Callable[..., Any] | None = None) -> None:
        self.answer = answer
        self.items = items
        self.calls: list[tuple[str, bool, tuple[Any, ...]]] = []
        self.cancelled = 0
        self.was_cancelled = asyncio.Event()

    def options(self, *, method_name: str, stream: bool = False) -> Any:
        return FakeMethod(self, method_name, stream)


class FakeMethod:
    """One method of it."""

    def __init__(self, parent: FakeServeHandle, name: str, stream: bool) -> None:
        self.parent, self.name, self.stream = parent, name, stream

    def remote(self, *args: Any) -> Any:
        self.parent.calls.append((self.name, self.stream, args))
        if self.stream:
            assert self.parent.items is not None
            return FakeStream(self.parent, self.parent.items(*args))
        assert self.parent.answer is not None
        return FakeResponse(self.parent, self.parent.answer(*args))


class FakeResponse:
    """Awaitable once, and can be cancelled."""

    def __init__(self, parent: FakeServeHandle, answer: Any) -> None:
        self.parent, self.answer = parent, answer

    def __await__(self) -> Any:
        return self.answer.__await__()

    def cancel(self) -> None:
        self.parent.cancelled += 1


class FakeStream:
    """Iterable once, and can be cancelled."""

    def __init__(self, parent: FakeServeHandle, items: AsyncIterator[Any]) -> None:
        self.parent, self.items = parent, items

    async def __anext__(self) -> Any:
        return await anext(self.items)

    def cancel(self) -> None:
        self.parent.cancelled += 1
        self.parent.was_cancelled.set()


def unavailable() -> ActorUnavailableError:
    return ActorUnavailableError("the replica is gone", b"\0" * 16)


async def connect(fake: FakeServeHandle, *, knows_class: bool = True, **options: Any) -> AanaDeploymentHandle:
    classes: dict[str, type] = {"model": Model} if knows_class else {}
    wiring.install(wiring.Wiring(project="demo", handles={"model": fake}, classes=classes))
    return await AanaDeploymentHandle.create("model", **options)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries need not wait in a test."""
    monkeypatch.setattr(handle, "FIRST_PAUSE_S", 0.0)


async def doubled(number: int) -> int:
    return number * 2


async def count(limit: int) -> AsyncIterator[int]:
    for number in range(limit):
        yield number


async def test_a_method_is_awaited() -> None:
    """`await handle.method(…)` gives what the method returned."""
    fake = FakeServeHandle(answer=doubled)
    model = await connect(fake)

    assert await model.value(21) == 42
    assert fake.calls == [("value", False, (21,))]


async def test_a_generator_is_iterated() -> None:
    """`async for` gives the items as they come."""
    model = await connect(FakeServeHandle(items=count))

    assert [item async for item in model.stream(3)] == [0, 1, 2]


async def test_calls_can_run_side_by_side() -> None:
    """A call is a coroutine: tasks and gather take it."""
    model = await connect(FakeServeHandle(answer=doubled))

    assert await asyncio.gather(model.value(1), asyncio.create_task(model.value(2))) == [2, 4]


async def test_an_unknown_method_is_an_error_at_once() -> None:
    """The message lists what there is."""
    model = await connect(FakeServeHandle())

    with pytest.raises(AttributeError, match="no public method 'valu'; it has: stream, value"):
        model.valu(1)
    with pytest.raises(AttributeError):
        model._private()


async def test_the_wrong_kind_of_call_says_how_to_write_it() -> None:
    """Awaiting a stream, iterating a value."""
    model = await connect(FakeServeHandle())

    with pytest.raises(TypeError, match=r"async for item in handle\.stream"):
        await model.stream(1)
    with pytest.raises(TypeError, match=r"await handle\.value"):
        async for _ in model.value(1):
            pass


async def test_a_class_of_another_project_is_called_as_the_caller_says() -> None:
    """Where the class is not known in this process, both kinds of call are possible."""
    model = await connect(FakeServeHandle(answer=doubled, items=count), knows_class=False)

    assert await model.anything(2) == 4
    assert [item async for item in model.something(2)] == [0, 1]


async def test_a_deployment_that_is_not_there_is_an_error() -> None:
    """The message lists what there is."""
    wiring.install(wiring.Wiring(project="demo", handles={"model": FakeServeHandle()}))

    with pytest.raises(Failed, match="demo has no deployment modle") as caught:
        await AanaDeploymentHandle.create("modle")

    assert caught.value.code == "deployment_not_found"
    assert "It has: model" in str(caught.value.hint)


async def test_a_call_is_sent_again_while_its_replica_is_gone() -> None:
    """A replica that died is replaced; the caller does not notice."""
    failures = [unavailable(), unavailable()]

    async def flaky(number: int) -> int:
        if failures:
            raise failures.pop()
        return number

    fake = FakeServeHandle(answer=flaky)
    model = await connect(fake)

    assert await model.value(5) == 5
    assert len(fake.calls) == 3


async def test_a_replica_that_stays_away_is_unavailable() -> None:
    """After the retries, with a code and a hint."""

    async def gone(_: int) -> int:
        raise unavailable()

    fake = FakeServeHandle(answer=gone)
    model = await connect(fake, retries=2)

    with pytest.raises(Unavailable) as caught:
        await model.value(5)

    assert caught.value.code == "replica_unavailable"
    assert len(fake.calls) == 3


async def test_the_author_s_own_error_is_not_tried_again() -> None:
    """It arrives as it was raised."""

    async def fails(_: int) -> int:
        raise RayTaskError("value", "Traceback …", ValueError("too loud"))

    fake = FakeServeHandle(answer=fails)
    model = await connect(fake)

    with pytest.raises(ValueError, match="too loud"):
        await model.value(1)
    assert len(fake.calls) == 1


@pytest.mark.parametrize("wrap", [True, False])
async def test_an_aana_error_crosses_processes_whole(wrap: bool) -> None:
    """Code, message and hint survive pickling and Ray's wrapping."""
    import pickle

    error = pickle.loads(pickle.dumps(NotFound("There is no x.", hint="Look elsewhere.", code="nothing_found", x=1)))

    async def fails(_: int) -> int:
        raise RayTaskError("value", "Traceback …", error).as_instanceof_cause() if wrap else error

    model = await connect(FakeServeHandle(answer=fails))

    with pytest.raises(NotFound) as caught:
        await model.value(1)
    assert type(caught.value) is NotFound
    assert (caught.value.code, caught.value.message, caught.value.hint) == (
        "nothing_found",
        "There is no x.",
        "Look elsewhere.",
    )


async def test_too_many_waiting_calls_are_overload() -> None:
    """Serve's back pressure has a code of its own."""

    async def full(_: int) -> int:
        raise BackPressureError(num_queued_requests=9, max_queued_requests=8)

    model = await connect(FakeServeHandle(answer=full))

    with pytest.raises(Unavailable) as caught:
        await model.value(1)
    assert caught.value.code == "overloaded"


async def test_a_call_that_takes_too_long_is_given_up() -> None:
    """The error says how long it was given, and the call is cancelled."""

    async def slow(_: int) -> int:
        await asyncio.sleep(60)
        return 1

    fake = FakeServeHandle(answer=slow)
    model = await connect(fake, timeout_s=0.01)

    with pytest.raises(TimedOut, match=r"model.value gave no answer within 0.01 s") as caught:
        await model.value(1)
    assert caught.value.code == "deployment_timeout"
    assert fake.cancelled == 1


async def test_a_timeout_of_the_author_s_own_stays_his() -> None:
    """Only the handle's own limit becomes its error."""

    async def raises(_: int) -> int:
        raise TimeoutError("the camera did not answer")

    model = await connect(FakeServeHandle(answer=raises))

    with pytest.raises(TimeoutError, match="camera") as caught:
        await model.value(1)
    assert not isinstance(caught.value, AanaError)


async def test_a_stream_is_begun_again_only_before_its_first_item() -> None:
    """After that the caller must know."""
    begun = 0

    async def flaky(limit: int) -> AsyncIterator[int]:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise unavailable()
        for number in range(limit):
            yield number
        raise unavailable()

    model = await connect(FakeServeHandle(items=flaky))
    items = []

    with pytest.raises(Unavailable):
        async for item in model.stream(2):
            items.append(item)

    assert (begun, items) == (2, [0, 1])


async def test_each_item_of_a_stream_has_the_whole_time() -> None:
    """A long stream is fine; a stalled one is not."""

    async def stalls(limit: int) -> AsyncIterator[int]:
        for number in range(limit):
            await asyncio.sleep(0.03)
            yield number
        await asyncio.sleep(60)

    model = await connect(FakeServeHandle(items=stalls), timeout_s=0.1)
    items = []

    with pytest.raises(TimedOut):
        async for item in model.stream(6):
            items.append(item)

    assert items == [0, 1, 2, 3, 4, 5]


async def wait_for_ever(*_: int) -> int:
    await asyncio.Event().wait()
    return 1


async def one_and_no_more(*_: int) -> AsyncIterator[int]:
    yield 0
    await asyncio.Event().wait()


async def test_a_call_that_is_cancelled_is_cancelled_in_the_deployment() -> None:
    """A client left, or an endpoint's time is over: nobody waits for the value."""
    fake = FakeServeHandle(answer=wait_for_ever)
    model = await connect(fake)
    call = asyncio.create_task(model.value(1))
    await asyncio.sleep(0)
    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert (fake.cancelled, len(fake.calls)) == (1, 1)


async def test_a_stream_that_is_cancelled_is_cancelled_in_the_deployment() -> None:
    """While it waits for its next item."""
    fake = FakeServeHandle(items=one_and_no_more)
    model = await connect(fake)
    has_begun = asyncio.Event()

    async def read() -> None:
        async for _ in model.stream(1):
            has_begun.set()

    reading = asyncio.create_task(read())
    await has_begun.wait()
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert fake.cancelled == 1


async def test_a_stream_that_is_left_early_is_cancelled_in_the_deployment() -> None:
    """Leaving the loop is enough; one that was read to its end, or failed, has nothing to cancel."""
    fake = FakeServeHandle(items=count)
    model = await connect(fake)

    async for item in model.stream(3):
        if item == 1:
            break
    await asyncio.wait_for(fake.was_cancelled.wait(), 5)
    assert fake.cancelled == 1

    assert [item async for item in model.stream(3)] == [0, 1, 2]
    assert fake.cancelled == 1


async def test_a_stream_that_stalls_is_cancelled_in_the_deployment() -> None:
    """It had its time."""
    fake = FakeServeHandle(items=one_and_no_more)
    model = await connect(fake, timeout_s=0.05)

    with pytest.raises(TimedOut):
        _ = [item async for item in model.stream(1)]
    assert fake.cancelled == 1


async def test_a_call_that_is_cancelled_is_not_sent_again() -> None:
    """Even where it waits for its next attempt."""

    async def gone(_: int) -> int:
        raise unavailable()

    fake = FakeServeHandle(answer=gone)
    model = await connect(fake)
    call = asyncio.create_task(model.value(1))
    await asyncio.sleep(0)
    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(fake.calls) <= 2


async def test_an_error_of_another_deployment_is_no_failure_of_the_caller() -> None:
    """The caller's replica is not replaced for it."""

    async def fails(_: int) -> int:
        raise RayTaskError("value", "Traceback …", InferenceError("broken"))

    model = await connect(FakeServeHandle(answer=fails))

    with pytest.raises(InferenceError) as caught:
        await model.value(1)
    assert is_failure(caught.value) is None
    assert is_failure(InferenceError("its own")) is True


def test_arrays_cross_as_binary() -> None:
    """As Serve pickles them: an image of a million pixels takes three million bytes, and no list of numbers."""
    pixels = np.zeros((1000, 1000, 3), np.uint8)

    assert len(RPCSerializer("cloudpickle", "cloudpickle").dumps_request(pixels)) < pixels.nbytes + 1000


async def test_calls_are_counted_where_they_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """One each, however often it was sent again: by deployment and by how it ended for the caller."""
    mine = Counts()
    monkeypatch.setattr(handle, "process_counts", mine)
    errors: list[Exception] = [unavailable(), ValueError("secret"), NotFound("No.", code="no_voice")]

    async def answer(number: int) -> int:
        if number < 0:
            raise errors.pop(0)
        return number

    model = await connect(FakeServeHandle(answer=answer, items=count))
    await model.value(1)
    with pytest.raises(ValueError, match="secret"):
        await model.value(-1)
    with pytest.raises(NotFound):
        await model.value(-1)
    assert [item async for item in model.stream(3)] == [0, 1, 2]
    stream = model.stream(3)
    items = aiter(stream)
    await anext(items)
    series = mine.sent("demo", "model")
    assert series.ongoing == 1
    await items.aclose()  # type: ignore[attr-defined]

    assert series.ongoing == 0
    assert series.is_followed is False
    assert series.document()["outcomes"] == {"ok": 2, "ValueError": 1, "no_voice": 1, "cancelled": 1}


async def test_a_call_that_is_too_late_or_cancelled_is_counted_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the code that the caller gets, or as cancelled."""
    mine = Counts()
    monkeypatch.setattr(handle, "process_counts", mine)

    async def answer(_: int) -> int:
        await asyncio.sleep(60)
        return 0

    model = await connect(FakeServeHandle(answer=answer), timeout_s=0.05)
    with pytest.raises(TimedOut):
        await model.value(1)
    patient = await connect(FakeServeHandle(answer=answer))
    call = asyncio.create_task(patient.value(1))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    assert mine.sent("demo", "model").document()["outcomes"] == {"deployment_timeout": 1, "cancelled": 1}
