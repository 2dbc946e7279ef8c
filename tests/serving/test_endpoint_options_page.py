"""The page on options, hooks and routers: its project is served, and what the page says of it is tried."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]

PAGE = Path(__file__).parents[2] / "docs" / "endpoint-options.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE.read_text()) if found == language]


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that the page's Python blocks make, in their order."""
    module = ModuleType("studio_of_the_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks("python"):
        exec(compile(block, str(PAGE), "exec"), module.__dict__)
    return module


async def test_a_request_that_takes_too_long_is_answered_as_the_page_shows(serve_app: ServeApp, studio: Any) -> None:
    """The problem, to the letter."""
    client = await serve_app(studio.aana_app)
    answer = await client.post("/paint", json={"prompt": "dog", "seconds": 60})

    assert (answer.status_code, answer.json()) == (504, json.loads(blocks("json")[0]))


async def test_the_third_request_is_sent_away_as_the_page_shows(serve_app: ServeApp, studio: Any) -> None:
    """The problem, to the letter; the two before it are answered."""
    client = await serve_app(studio.aana_app)
    body = {"prompt": "dog", "seconds": 0.05}
    first, second, third = await asyncio.gather(*(client.post("/paint", json=body) for _ in range(3)))

    assert (first.json(), second.json()) == ("dog, plain", "dog, plain")
    assert (third.status_code, third.json()) == (429, json.loads(blocks("json")[1]))
    assert third.headers["retry-after"] == "1"


async def test_the_hooks_of_the_page(serve_app: ServeApp, studio: Any) -> None:
    """Who has no key is told so; who has one gets the style that goes with it; both are noted."""
    client = await serve_app(studio.aana_app)
    refused = await client.post("/order", json={"prompt": "dog"})
    painted = await client.post("/order", json={"prompt": "dog"}, headers={"X-Key": "k-1"})

    assert (refused.status_code, refused.json()["code"]) == (401, "unknown_key")
    assert painted.json() == "dog, oil"
    assert studio.seen == ["order: This key is not known.", "order: dog, oil"]


async def test_the_router_of_the_page(serve_app: ServeApp, studio: Any) -> None:
    """Under its prefix, with urls that lead back, its own 404, and its routes in the document."""
    client = await serve_app(studio.aana_app)

    assert (await client.get("/gallery/0")).json() == {"number": 0, "title": "Dog"}
    url = (await client.post("/gallery", params={"title": "Cat"})).json()["url"]
    assert url == "http://box/p/gallery/1"
    assert (await client.get(url)).json() == {"number": 1, "title": "Cat"}
    assert (await client.get("/gallery/9")).json() == {"detail": "There is no such picture."}
    document = (await client.get("/openapi.json")).json()
    assert document["paths"]["/gallery/{number}"]["get"]["summary"] == "One picture"
    assert document["paths"]["/paint"]["post"]["description"].startswith("One picture for each prompt.")
    assert [router.prefix for router in studio.aana_app.routers] == ["/gallery"]


def test_the_page_names_every_option(studio: Any) -> None:
    """A further option of `register_endpoint` must be explained."""
    import inspect

    options = set(inspect.signature(studio.aana_app.register_endpoint).parameters) - {
        "name",
        "path",
        "summary",
        "endpoint_cls",
    }
    table = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]

    assert options == {name for line in table for name in re.findall(r"`(\w+)`", line.split("|")[1])}
