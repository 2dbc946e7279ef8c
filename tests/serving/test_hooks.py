"""Functions before and after an endpoint: what they see, what they may do, what cannot go wrong because of them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import pytest

from aanad.sdk import AanaSDK, Endpoint
from aanad.sdk.exceptions import Unauthorized
from aanad.sdk.hooks import EndpointOutcome, EndpointRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(autouse=True)
def serve_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve's logger does not propagate; pytest listens at the root."""
    monkeypatch.setattr(logging.getLogger("ray.serve"), "propagate", True)


class Greet(Endpoint):
    """Says what it was given."""

    async def run(self, name: str = "nobody") -> str:
        """Answer."""
        return f"hello {name}"


def app_with(endpoint_cls: type[Endpoint] = Greet, **options: Any) -> AanaSDK:
    app = AanaSDK(name="demo")
    app.register_endpoint(name="it", path="/it", summary="It", endpoint_cls=endpoint_cls, **options)
    return app


async def test_hooks_see_the_request_and_change_its_arguments(serve_app: ServeApp) -> None:
    """In their order, plain ones and coroutines; headers have names in lower case."""
    seen: list[Any] = []

    def first(request: EndpointRequest) -> None:
        seen.append((request.endpoint, request.request_id, request.headers["x-who"], dict(request.arguments)))
        request.arguments["name"] += "!"

    async def second(request: EndpointRequest) -> None:
        seen.append(request.arguments["name"])
        request.arguments["name"] = request.arguments["name"].upper()

    client = await serve_app(app_with(before=[first, second]))
    response = await client.post("/it", json={"name": "bob"}, headers={"X-Who": "me"})

    assert response.json() == "hello BOB!"
    assert seen == [("it", "request-1", "me", {"name": "bob"}), "bob!"]


async def test_what_a_hook_raises_is_the_answer(serve_app: ServeApp) -> None:
    """With its status; the endpoint is not called, and neither is the next hook."""
    called = []

    async def check(request: EndpointRequest) -> None:
        if request.headers.get("authorization") != "Bearer right":
            raise Unauthorized("This key is not known.", hint="Ask for one.", code="unknown_key")

    class Called(Endpoint):
        async def run(self) -> str:
            called.append("run")
            return "in"

    client = await serve_app(app_with(Called, before=[check, lambda _: called.append("next")]))
    refused = await client.post("/it")
    let_in = await client.post("/it", headers={"authorization": "Bearer right"})

    assert (refused.status_code, refused.json()["code"], refused.json()["message"]) == (
        401,
        "unknown_key",
        "This key is not known.",
    )
    assert (let_in.status_code, called) == (200, ["next", "run"])


async def test_a_hook_that_fails_gives_nothing_away(serve_app: ServeApp, caplog: pytest.LogCaptureFixture) -> None:
    """500 with the request's id; the log has the reason."""

    def broken(_: EndpointRequest) -> None:
        raise RuntimeError("secret: the password")

    client = await serve_app(app_with(before=[broken]))
    response = await client.post("/it")

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "secret" not in response.text
    assert "secret: the password" in caplog.text


def watched(endpoint_cls: type[Endpoint], **options: Any) -> tuple[AanaSDK, asyncio.Queue[EndpointOutcome]]:
    """An app whose endpoint tells each outcome."""
    outcomes: asyncio.Queue[EndpointOutcome] = asyncio.Queue()

    async def tell(_: EndpointRequest, outcome: EndpointOutcome) -> None:
        await outcomes.put(outcome)

    return app_with(endpoint_cls, after=[tell], **options), outcomes


async def test_after_a_value_the_result_is_told(serve_app: ServeApp) -> None:
    """With how long it took."""
    app, outcomes = watched(Greet)
    await (await serve_app(app)).post("/it", json={"name": "bob"})
    outcome = outcomes.get_nowait()

    assert (outcome.result, outcome.error, outcome.client_left) == ("hello bob", None, False)
    assert 0 < outcome.duration_s < 10


async def test_after_an_error_the_error_is_told(serve_app: ServeApp) -> None:
    """As it was raised: by the endpoint, by a hook before, by the check of the result, by the time limit."""
    error = RuntimeError("no")

    class Fails(Endpoint):
        async def run(self) -> None:
            raise error

    class Wrong(Endpoint):
        async def run(self) -> int:
            return "one"  # type: ignore[return-value]

    class Endless(Endpoint):
        async def run(self) -> None:
            await asyncio.Event().wait()

    def refuse(_: EndpointRequest) -> None:
        raise error

    told = []
    for endpoint_cls, options in (
        (Fails, {}),
        (Greet, {"before": [refuse]}),
        (Wrong, {}),
        (Endless, {"timeout_s": 0.01}),
    ):
        app, outcomes = watched(endpoint_cls, **options)
        await (await serve_app(app)).post("/it")
        told.append(outcomes.get_nowait())

    assert [outcome.error for outcome in told[:2]] == [error, error]
    assert type(told[2].error).__name__ == "ValidationError"
    assert getattr(told[3].error, "code", "") == "endpoint_timeout"


async def test_after_a_stream_its_end_is_told(serve_app: ServeApp) -> None:
    """Once, when the last chunk is out; a stream has no result."""
    order = []

    class Count(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            for number in range(2):
                order.append(number)
                yield number

    def after(_: EndpointRequest, outcome: EndpointOutcome) -> None:
        order.append(outcome.result)

    await (await serve_app(app_with(Count, after=[after]))).post("/it")

    assert order == [0, 1, None]


async def test_after_a_client_left_that_is_told(serve_app: ServeApp) -> None:
    """The hook runs to its end although the request is cancelled."""
    begun = asyncio.Event()

    class Endless(Endpoint):
        async def run(self) -> None:
            begun.set()
            await asyncio.Event().wait()

    app, outcomes = watched(Endless)
    client = await serve_app(app)
    leaves = asyncio.create_task(client.post("/it"))
    await asyncio.wait_for(begun.wait(), 5)
    leaves.cancel()
    outcome = await asyncio.wait_for(outcomes.get(), 5)

    assert (outcome.client_left, outcome.result, outcome.error) == (True, None, None)


async def test_a_hook_after_that_fails_is_only_logged(serve_app: ServeApp, caplog: pytest.LogCaptureFixture) -> None:
    """The client has its answer, and the next hook is called."""
    called = []

    def broken(_: EndpointRequest, __: EndpointOutcome) -> None:
        raise RuntimeError("cannot write")

    client = await serve_app(app_with(after=[broken, lambda _, __: called.append("next")]))
    response = await client.post("/it")

    assert (response.status_code, called) == (200, ["next"])
    assert "broken after endpoint it failed (request request-1)" in caplog.text


async def test_hooks_see_no_request_that_was_refused(serve_app: ServeApp) -> None:
    """One whose body does not fit its endpoint never became a request."""
    seen: list[str] = []
    app = app_with(before=[lambda _: seen.append("before")], after=[lambda _, __: seen.append("after")])
    response = await (await serve_app(app)).post("/it", json={"name": 1})

    assert (response.status_code, seen) == (422, [])


async def test_plain_hooks_hold_up_nobody(serve_app: ServeApp) -> None:
    """Each runs in a thread: several may block at the same time."""
    together = threading.Barrier(3)

    def wait_for_the_others(_: EndpointRequest) -> None:
        together.wait(5)

    client = await serve_app(app_with(before=[wait_for_the_others]))
    responses = await asyncio.gather(*(client.post("/it") for _ in range(3)))

    assert [response.status_code for response in responses] == [200, 200, 200]


async def test_a_hook_may_be_an_object_that_is_called(serve_app: ServeApp) -> None:
    """With a coroutine too."""

    class Counter:
        def __init__(self) -> None:
            self.count = 0

        async def __call__(self, _: EndpointRequest) -> None:
            self.count += 1

    counter = Counter()
    await (await serve_app(app_with(before=[counter]))).post("/it")

    assert counter.count == 1


async def test_hooks_before_count_for_the_time_limit(serve_app: ServeApp) -> None:
    """A check that hangs is answered like an endpoint that hangs."""

    async def hangs(_: EndpointRequest) -> None:
        await asyncio.Event().wait()

    client = await serve_app(app_with(before=[hangs], timeout_s=0.01))
    begun = time.monotonic()

    assert (await client.post("/it")).json()["code"] == "endpoint_timeout"
    assert time.monotonic() - begun < 5
