"""What a route takes: JSON, forms, and the one shape of every refusal."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from aanad.serving.in_process import InProcessTransport

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_json_is_answered_with_json(lowercase: httpx.AsyncClient) -> None:
    """The plain case, with exact bytes."""
    response = await lowercase.post("/lowercase", json={"text": ["ABC", "Ä"]})

    assert (response.status_code, response.content) == (200, '{"text":["abc","ä"]}'.encode())
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-length"] == str(len(response.content))


@pytest.mark.parametrize(
    "request_parts",
    [
        pytest.param({"files": {"body": (None, '{"text": ["ABC"]}')}}, id="curl -F body='{…}'"),
        pytest.param({"data": {"body": '{"text": ["ABC"]}'}}, id="urlencoded field body"),
        pytest.param({"content": b'{"text": ["ABC"]}', "headers": FORM}, id="curl -d '{…}' without a content type"),
        pytest.param({"content": b'{"text": ["ABC"]}'}, id="no content type at all"),
        pytest.param(
            {"content": b' {"text": ["ABC"]}', "headers": {"content-type": "application/json; charset=utf-8"}},
            id="charset",
        ),
        pytest.param({"content": b'{"text": ["ABC"]}', "headers": {"content-type": "application/ld+json"}}, id="+json"),
    ],
)
async def test_the_same_request_can_be_written_in_many_ways(
    lowercase: httpx.AsyncClient, request_parts: dict[str, Any]
) -> None:
    """Forms carry the JSON in the field `body`."""
    response = await lowercase.post("/lowercase", **request_parts)

    assert (response.status_code, response.json()) == (200, {"text": ["abc"]})


@pytest.mark.parametrize(
    "parts", [{"json": {}}, {}, {"files": {"body": (None, "{}")}}, {"content": b"", "headers": FORM}]
)
async def test_an_endpoint_without_required_fields_needs_no_body(
    playground: httpx.AsyncClient, parts: dict[str, Any]
) -> None:
    """Nothing is an empty object."""
    response = await playground.post("/who", **parts)

    assert response.json()["greeting"] == "hello"


@pytest.mark.parametrize(
    ("parts", "status", "code", "says"),
    [
        pytest.param({"content": b"{", "headers": JSON}, 400, "invalid_json", "EOF while parsing", id="cut off"),
        pytest.param(
            {"content": b'{"text": ["\xff"]}', "headers": JSON}, 400, "invalid_json", "unicode", id="no UTF-8"
        ),
        pytest.param({"json": ["ABC"]}, 422, "invalid_request", "object", id="a list"),
        pytest.param({"json": {}}, 422, "invalid_request", "text: is required", id="missing"),
        pytest.param(
            {"json": {"text": "ABC"}}, 422, "invalid_request", "text: must be a list, not a string.", id="wrong type"
        ),
        pytest.param({"json": {"text": [], "x": 1}}, 422, "invalid_request", "x: unknown field", id="unknown"),
        pytest.param(
            {"content": b"a", "headers": {"content-type": "text/plain"}},
            415,
            "unsupported_media_type",
            "text/plain",
            id="text",
        ),
        pytest.param(
            {"content": b"a", "headers": JSON | {"content-encoding": "gzip"}},
            415,
            "unsupported_media_type",
            "gzip",
            id="gzip",
        ),
        pytest.param({"data": {"boby": "{}"}}, 422, "invalid_request", "'boby'", id="unknown form field"),
        pytest.param(
            {"files": {"body": (None, "{}"), "x": (None, "1")}}, 422, "invalid_request", "'x'", id="two fields"
        ),
        pytest.param({"files": {"body": (None, "{")}}, 400, "invalid_json", "not valid JSON", id="form with bad JSON"),
        pytest.param({"files": {"audio": ("a.wav", b"RIFF")}}, 422, "unexpected_file", "'audio'", id="a file"),
        pytest.param(
            {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
            400,
            "invalid_form",
            "form",
            id="no boundary",
        ),
        pytest.param({"content": b"%", "headers": FORM}, 400, "invalid_form", "form", id="no form"),
    ],
)
async def test_what_cannot_be_taken_is_refused_in_one_shape(
    lowercase: httpx.AsyncClient, parts: dict[str, Any], status: int, code: str, says: str
) -> None:
    """Problem details with a stable code, one clear sentence, a hint and the request's id."""
    response = await lowercase.post("/lowercase", **parts)

    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert says in problem["message"]
    assert problem["hint"]
    assert problem["request_id"] == "request-1"
    assert response.headers["content-type"] == "application/problem+json"


async def test_every_refused_field_is_listed(playground: httpx.AsyncClient) -> None:
    """With its path and what would be right; of a list the first wrong item."""
    response = await playground.post("/count", json={"pause_s": "1", "fail_at": 1.5, "more": True})

    assert response.json()["errors"] == [
        {"field": "body.limit", "message": "is required"},
        {"field": "body.pause_s", "message": "must be a number, not a string"},
        {"field": "body.fail_at", "message": "must be an integer, not a decimal number"},
        {"field": "body.more", "message": "unknown field"},
    ]
    assert response.json()["message"].endswith("endpoint count: limit: is required (and 3 more).")

    response = await playground.post("/echo", json={"text": ["a", 1, 2]})
    assert response.json()["errors"] == [{"field": "body.text.1", "message": "must be a string, not a number"}]


async def test_a_request_that_is_wrong_a_million_times_is_answered_at_once(lowercase: httpx.AsyncClient) -> None:
    """Only the first wrong item of a list is reported, and many unknown fields are only counted."""
    wrong_items = await lowercase.post("/lowercase", json={"text": [1] * 1_000_000})
    unknown_fields = await lowercase.post("/lowercase", json={"text": [], **dict.fromkeys(map(str, range(20_000)), 0)})

    assert wrong_items.json()["message"].endswith("text.0: must be a string, not a number.")
    assert unknown_fields.json()["message"].endswith("20000 of its fields are wrong, missing or unknown.")
    assert (422, "invalid_request") == (unknown_fields.status_code, unknown_fields.json()["code"])


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "allow"),
    [
        ("GET", "/lowercase", 405, "method_not_allowed", "POST, OPTIONS"),
        ("DELETE", "/lowercase", 405, "method_not_allowed", "POST, OPTIONS"),
        ("POST", "/docs", 405, "method_not_allowed", "GET, HEAD, OPTIONS"),
        ("POST", "/upper", 404, "not_found", None),
        ("GET", "/lowercase/", 404, "not_found", None),
    ],
)
async def test_wrong_paths_and_methods_say_what_there_is(
    lowercase: httpx.AsyncClient, method: str, path: str, status: int, code: str, allow: str | None
) -> None:
    """404 lists the endpoints, 405 the methods."""
    response = await lowercase.request(method, path)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers.get("allow") == allow
    if status == 404:
        assert response.json()["hint"] == "Endpoints here: /lowercase."


async def test_a_client_that_goes_away_gets_no_answer(lowercase: httpx.AsyncClient) -> None:
    """And nothing is run for it."""
    transport = lowercase._transport
    assert isinstance(transport, InProcessTransport)
    sent: list[Any] = []

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/p/lowercase", "root_path": "/p", "headers": []}
    await transport.app(scope, gone, send)

    assert sent == []
