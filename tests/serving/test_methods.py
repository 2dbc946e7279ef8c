"""HEAD, OPTIONS and CORS: what browsers and tools ask beside the requests themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aanad.sdk import AanaSDK, Endpoint
from aanad.wire.requests import RequestRules

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]

PAGE = "https://app.example.org"
PREFLIGHT = {"origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.fixture
def echo() -> AanaSDK:
    """An app with one endpoint."""

    class Echo(Endpoint):
        async def run(self, text: str) -> str:
            return text

    app = AanaSDK(name="demo")
    app.register_endpoint(name="echo", path="/echo", summary="Echo", endpoint_cls=Echo)
    return app


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/nowhere"])
async def test_head_is_get_without_the_body(lowercase: httpx.AsyncClient, path: str) -> None:
    """The same status and headers, the length included."""
    whole, head = await lowercase.get(path), await lowercase.head(path)

    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers == whole.headers


@pytest.mark.parametrize(
    ("path", "allow"),
    [("/lowercase", "POST, OPTIONS"), ("/docs", "GET, HEAD, OPTIONS"), ("/", "GET, HEAD, OPTIONS")],
)
async def test_options_says_which_methods_there_are(lowercase: httpx.AsyncClient, path: str, allow: str) -> None:
    """Without a body."""
    response = await lowercase.options(path)

    assert (response.status_code, response.headers["allow"], response.content) == (204, allow, b"")


async def test_no_page_of_another_origin_may_call_by_default(serve_app: ServeApp, echo: AanaSDK) -> None:
    """Nothing tells a browser that it might; others than browsers do not care."""
    client = await serve_app(echo)

    preflight = await client.options("/echo", headers=PREFLIGHT)
    request = await client.post("/echo", json={"text": "a"}, headers={"origin": PAGE})

    assert (preflight.status_code, request.status_code) == (204, 200)
    for response in (preflight, request):
        assert not [name for name in response.headers if name.startswith("access-control")]


async def test_pages_of_a_set_origin_may_call(serve_app: ServeApp, echo: AanaSDK) -> None:
    """The preflight says yes, the answer may be read, its telling headers too."""
    client = await serve_app(echo, rules=RequestRules(cors_origins=(PAGE,)))

    preflight = await client.options("/echo", headers=PREFLIGHT)
    request = await client.post("/echo", json={"text": "a"}, headers={"origin": PAGE})

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-headers"] == "content-type"
    assert request.json() == "a"
    assert request.headers["access-control-allow-origin"] == PAGE
    assert request.headers["vary"] == "Origin"
    assert "X-Request-ID" in request.headers["access-control-expose-headers"]


async def test_pages_of_other_origins_still_may_not(serve_app: ServeApp, echo: AanaSDK) -> None:
    """Not even where the name begins alike; errors can be read by whom the answers can."""
    client = await serve_app(echo, rules=RequestRules(cors_origins=(PAGE,)))

    for origin in ("https://evil.example.org", f"{PAGE}.evil.org"):
        preflight = await client.options("/echo", headers={**PREFLIGHT, "origin": origin})
        request = await client.post("/echo", json={"text": "a"}, headers={"origin": origin})

        assert preflight.status_code == 400
        assert "access-control-allow-origin" not in {*preflight.headers, *request.headers}
    refused = await client.post("/echo", json={}, headers={"origin": PAGE})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (422, PAGE)


async def test_a_star_is_any_origin_and_rules_can_be_changed(serve_app: ServeApp, echo: AanaSDK) -> None:
    """A setting that is taken back closes the door again."""
    client = await serve_app(echo, rules=RequestRules(cors_origins=("*",)))
    first = await client.post("/echo", json={"text": "a"}, headers={"origin": PAGE})
    transport: Any = client._transport
    transport.app.apply_rules(RequestRules())
    second = await client.post("/echo", json={"text": "a"}, headers={"origin": PAGE})

    assert first.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in second.headers
