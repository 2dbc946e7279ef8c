"""What a client sees of an error that an author raises: status, code, data, headers; and what the log gets."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from aanad.sdk import AanaSDK, Endpoint
from aanad.sdk.exceptions import EndpointError, InferenceError, NotFound, TooManyRequests, Unauthorized

ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]


async def answer_to(serve_app: ServeApp, error: Exception) -> httpx.Response:
    """What a client gets where an endpoint raises `error`."""

    class Raises(Endpoint):
        async def run(self) -> None:
            raise error

    app = AanaSDK(name="errors")
    app.register_endpoint("it", "/it", "Raise", Raises)
    return await (await serve_app(app)).post("/it", json={})


async def test_all_that_an_author_says_reaches_the_client(serve_app: ServeApp) -> None:
    """Status, title, code, hint and extra data, in the one shape of errors."""
    error = EndpointError("I am a teapot.", status=418, code="teapot", hint="Ask for tea.", extra={"volume_l": 1.5})
    response = await answer_to(serve_app, error)

    assert response.status_code == 418
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Endpoint error",
        "status": 418,
        "code": "teapot",
        "message": "I am a teapot.",
        "hint": "Ask for tea.",
        "request_id": "request-1",
        "errors": [],
        "extra": {"volume_l": 1.5},
    }


async def test_extra_that_is_no_json_is_answered_as_text(serve_app: ServeApp) -> None:
    """Even where it was put there after the error was made; the error keeps its status and code."""
    error = NotFound("No.", code="none")
    error.extra["model"] = object
    error.extra["nan"] = float("nan")
    response = await answer_to(serve_app, error)

    assert (404, "none") == (response.status_code, response.json()["code"])
    assert response.json()["extra"] == {"model": "<class 'object'>", "nan": None}


@pytest.mark.parametrize(("seconds", "header"), [(2.1, "3"), (0, "0"), (-1, "0"), (float("inf"), None)])
async def test_when_to_try_again_is_a_header(serve_app: ServeApp, seconds: float, header: str | None) -> None:
    """In whole seconds, rounded up."""
    response = await answer_to(serve_app, TooManyRequests("Later.", retry_after_s=seconds))

    assert (429, header) == (response.status_code, response.headers.get("retry-after"))
    assert "retry" not in response.text


async def test_who_is_not_known_is_told_how_to_say_it(serve_app: ServeApp) -> None:
    """As HTTP asks for; a subclass may name another scheme, and no line break gets through."""

    class NoPassword(Unauthorized):
        challenge = 'Basic\r\nrealm="box"'

    assert (await answer_to(serve_app, Unauthorized("Who?"))).headers["www-authenticate"] == "Bearer"
    assert (await answer_to(serve_app, NoPassword("Who?"))).headers["www-authenticate"] == 'Basic realm="box"'


@pytest.mark.parametrize("status", [200, 99, 600, "404", None])
async def test_a_status_that_is_none_is_a_server_error(serve_app: ServeApp, status: Any) -> None:
    """Its code and message are still the author's."""
    error = EndpointError("No.", code="mine")
    error.status = status
    response = await answer_to(serve_app, error)

    assert (500, "mine", "No.") == (response.status_code, response.json()["code"], response.json()["message"])


async def test_only_server_errors_are_logged_as_errors(serve_app: ServeApp, caplog: pytest.LogCaptureFixture) -> None:
    """What a client did wrong is no news for the operator."""
    await answer_to(serve_app, NotFound("No."))
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []

    await answer_to(serve_app, InferenceError("The weights are broken."))
    assert "Endpoint it failed (request request-1)" in caplog.text
    assert "The weights are broken." in caplog.text


async def test_the_cause_of_an_error_never_reaches_the_client(
    serve_app: ServeApp, caplog: pytest.LogCaptureFixture
) -> None:
    """It may hold a secret; the log has it."""
    error = InferenceError("It did not work.")
    error.__cause__ = RuntimeError("secret: the password")
    response = await answer_to(serve_app, error)

    assert (500, "inference_error") == (response.status_code, response.json()["code"])
    assert "secret" not in response.text
    assert "secret: the password" in caplog.text


async def test_extra_data_of_an_error_in_mid_stream_is_in_the_last_chunk(serve_app: ServeApp) -> None:
    """The same problem, marked."""

    class Breaks(Endpoint):
        async def run(self) -> AsyncGenerator[int, None]:
            yield 1
            raise TooManyRequests("Later.", extra={"after": 1})

    app = AanaSDK(name="errors")
    app.register_endpoint("it", "/it", "Raise", Breaks)
    lines = (await (await serve_app(app)).post("/it", json={})).text.splitlines()

    assert lines[0] == "1"
    assert '"code":"too_many_requests"' in lines[1]
    assert '"extra":{"after":1}' in lines[1]
    assert "headers" not in lines[1]
