"""How many requests an endpoint works on at once, who waits, who is sent away and who gives a place up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any

import pytest

from aanad.sdk import AanaSDK, Endpoint
from aanad.sdk.exceptions import TooManyRequests
from aanad.serving.admission import Admission

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.001)


class Door(Endpoint):
    """Lets requests in and keeps each until it is told to let it go."""

    inside: list[str]
    gates: dict[str, asyncio.Event]

    def initialize(self) -> None:  # type: ignore[override]  # noqa: D102
        type(self).inside = []
        type(self).gates = {}

    async def run(self, name: str) -> str:
        """Stay."""
        gate = self.gates.setdefault(name, asyncio.Event())
        self.inside.append(name)
        try:
            await gate.wait()
        finally:
            self.inside.remove(name)
        return name


def app_with(endpoint_cls: type[Endpoint], **options: Any) -> AanaSDK:
    app = AanaSDK(name="demo")
    app.register_endpoint(name="it", path="/it", summary="It", endpoint_cls=endpoint_cls, **options)
    return app


def admission_of(client: httpx.AsyncClient) -> Admission:
    """The endpoint's admission, inside the app that the client calls."""
    transport: Any = client._transport
    found: Admission = transport.app._routes["/it"]._turns.admission
    return found


def ask(client: httpx.AsyncClient, name: str) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(client.post("/it", json={"name": name}))


async def test_more_than_allowed_wait_and_come_in_the_order_of_arrival(serve_app: ServeApp) -> None:
    """One works, the others wait; each place goes to the one that has waited longest."""
    client = await serve_app(app_with(Door, max_concurrent=1))
    admission = admission_of(client)
    tasks = []
    for count, name in enumerate("abcd"):
        tasks.append(ask(client, name))
        await until(lambda count=count: admission.running + admission.queued == count + 1)
    order = []
    for name in "abcd":
        await until(lambda: bool(Door.inside))
        order += Door.inside
        Door.gates[name].set()
        await tasks["abcd".index(name)]

    assert order == ["a", "b", "c", "d"]
    assert [task.result().json() for task in tasks] == ["a", "b", "c", "d"]
    assert (admission.running, admission.queued) == (0, 0)


async def test_beyond_the_queue_a_request_is_sent_away(serve_app: ServeApp) -> None:
    """429, with the seconds after which it may be worth it to come back; those inside and waiting are served."""
    client = await serve_app(app_with(Door, max_concurrent=2, max_queued=1))
    admission = admission_of(client)
    tasks = [ask(client, name) for name in "abc"]
    await until(lambda: admission.running == 2 and admission.queued == 1)
    refused = await client.post("/it", json={"name": "d"})
    for name in "abc":
        await until(lambda name=name: name in Door.gates)
        Door.gates[name].set()

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (problem["code"], problem["message"]) == (
        "too_many_requests",
        "Endpoint it is full: at most 2 at once, at most 1 waiting.",
    )
    assert problem["hint"]
    assert [(await task).json() for task in tasks] == ["a", "b", "c"]


async def test_a_request_is_refused_before_its_body_is_read(serve_app: ServeApp) -> None:
    """A large upload is not taken in for nothing."""
    client = await serve_app(app_with(Door, max_concurrent=1, max_queued=0))
    task = ask(client, "a")
    await until(lambda: admission_of(client).running == 1)
    transport: Any = client._transport
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("the body was read")

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/p/it", "root_path": "/p", "headers": []}
    await transport.app(scope, receive, send)
    Door.gates["a"].set()
    await task

    assert sent[0]["status"] == 429


async def test_a_client_that_leaves_the_queue_gives_its_place_up(serve_app: ServeApp) -> None:
    """Nobody works for it, and the next one comes sooner."""
    client = await serve_app(app_with(Door, max_concurrent=1, max_queued=2))
    admission = admission_of(client)
    first, leaves, stays = (ask(client, name) for name in ("first", "leaves", "stays"))
    await until(lambda: admission.queued == 2)
    leaves.cancel()
    await until(lambda: admission.queued == 1)
    Door.gates["first"].set()
    await until(lambda: Door.inside == ["stays"])
    Door.gates["stays"].set()

    assert ((await first).json(), (await stays).json()) == ("first", "stays")
    assert "leaves" not in Door.gates
    assert (admission.running, admission.queued) == (0, 0)


async def test_a_client_that_leaves_while_it_is_served_frees_its_place(serve_app: ServeApp) -> None:
    """Its work is cancelled and the next one comes in."""
    client = await serve_app(app_with(Door, max_concurrent=1))
    leaves = ask(client, "leaves")
    await until(lambda: bool(Door.inside))
    stays = ask(client, "stays")
    await until(lambda: admission_of(client).queued == 1)
    leaves.cancel()
    await until(lambda: Door.inside == ["stays"])
    Door.gates["stays"].set()

    assert (await stays).json() == "stays"


async def test_a_place_given_to_one_that_left_at_that_moment_is_handed_on() -> None:
    """No place is lost between the two."""
    admission = Admission("it", 1, None)
    place = await admission.enter()
    leaves = asyncio.create_task(admission.enter())
    stays = asyncio.create_task(admission.enter())
    await until(lambda: admission.queued == 2)
    place.let_go()
    leaves.cancel()

    (await asyncio.wait_for(stays, 5)).let_go()
    assert (admission.running, admission.queued) == (0, 0)


async def test_a_failed_request_frees_its_place(serve_app: ServeApp) -> None:
    """Whatever `run` raised."""

    class Fails(Endpoint):
        async def run(self) -> None:
            raise RuntimeError("no")

    client = await serve_app(app_with(Fails, max_concurrent=1, max_queued=0))

    assert [(await client.post("/it")).status_code for _ in range(3)] == [500, 500, 500]


async def test_a_stream_holds_its_place_until_it_ends(serve_app: ServeApp) -> None:
    """Its chunks may be far apart."""
    gate = asyncio.Event()
    begun = asyncio.Event()

    class Slow(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            yield 1
            begun.set()
            await gate.wait()
            yield 2

    client = await serve_app(app_with(Slow, max_concurrent=1, max_queued=0))
    stream = asyncio.create_task(client.post("/it"))
    await asyncio.wait_for(begun.wait(), 5)
    refused = await client.post("/it")
    gate.set()

    assert refused.status_code == 429
    assert (await stream).text == "1\n2\n"
    assert (await client.post("/it")).status_code == 200


async def test_what_runs_in_a_thread_keeps_its_place_until_it_is_done(serve_app: ServeApp) -> None:
    """A thread cannot be stopped: the client is gone, the model is still busy."""
    gate = threading.Event()
    inside = threading.Event()

    class Blocks(Endpoint):
        def run(self) -> str:
            inside.set()
            assert gate.wait(10)
            return "done"

    client = await serve_app(app_with(Blocks, max_concurrent=1, max_queued=0))
    admission = admission_of(client)
    leaves = asyncio.create_task(client.post("/it"))
    await until(inside.is_set)
    leaves.cancel()
    await asyncio.wait([leaves])
    refused = await client.post("/it")
    gate.set()
    await until(lambda: admission.running == 0)

    assert refused.status_code == 429
    assert (await client.post("/it")).json() == "done"


async def test_a_plain_generator_is_closed_when_the_client_leaves(serve_app: ServeApp) -> None:
    """After the step that is running, in a thread; then its place is free."""
    gate = threading.Event()
    inside = threading.Event()
    closed = threading.Event()

    class Steps(Endpoint):
        def run(self) -> Generator[int, None, None]:
            try:
                yield 1
                inside.set()
                assert gate.wait(10)
                yield 2
            finally:
                closed.set()

    client = await serve_app(app_with(Steps, max_concurrent=1, max_queued=0))
    leaves = asyncio.create_task(client.post("/it"))
    await until(inside.is_set)
    leaves.cancel()
    await asyncio.wait([leaves])

    assert not closed.is_set()
    gate.set()
    await until(closed.is_set)
    await until(lambda: admission_of(client).running == 0)


@pytest.mark.parametrize(
    ("durations", "waiting", "expected"),
    [([], 0, 1), ([0.01], 0, 1), ([2.5], 0, 2), ([2.5], 3, 5), ([1.0, 3.0], 1, 2), ([100_000.0], 0, 600)],
)
async def test_retry_after_follows_recent_durations(durations: list[float], waiting: int, expected: int) -> None:
    """Whole seconds, at least one, at most ten minutes: the mean, times those before you, over the places."""
    admission = Admission("it", 2, None)
    for _ in durations:
        await admission.enter()
    for duration in durations:
        admission.leave(duration)
    places = [await admission.enter() for _ in range(2)]
    tasks = [asyncio.create_task(admission.enter()) for _ in range(waiting)]
    await until(lambda: admission.queued == waiting)

    assert admission.retry_after_s() == expected
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for place in places:
        place.let_go()


async def test_without_a_queue_limit_any_number_waits() -> None:
    """As long as they like, or as `timeout_s` allows."""
    admission = Admission("it", 1, None)
    place = await admission.enter()
    tasks = [asyncio.create_task(admission.enter()) for _ in range(500)]
    await until(lambda: admission.queued == 500)
    admission.refuse_if_full()
    place.let_go()
    for task in tasks:
        (await task).let_go()

    assert (admission.running, admission.queued) == (0, 0)


async def test_a_full_house_says_so_in_the_authors_words() -> None:
    """The error is one that authors know."""
    admission = Admission("it", 1, 0)
    await admission.enter()

    with pytest.raises(TooManyRequests) as caught:
        await admission.enter()

    assert caught.value.message == "Endpoint it is full: at most 1 at once, at most 0 waiting."
