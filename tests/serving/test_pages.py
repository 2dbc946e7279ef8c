"""What a project shows of itself: an index, OpenAPI 3.1, a docs page; and how it fits into Serve."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from aanad.sdk import AanaSDK, Endpoint
from aanad.serving.application import build, ingress_deployment
from aanad.serving.asgi import ProjectApp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

    import httpx


async def test_the_index_lists_the_endpoints(lowercase: httpx.AsyncClient) -> None:
    """With the paths that a client calls."""
    assert (await lowercase.get("/")).json() == {
        "project": "lowercase",
        "endpoints": [{"name": "lowercase", "path": "/p/lowercase", "summary": "Lowercase text"}],
        "docs": "/p/docs",
        "openapi": "/p/openapi.json",
    }


async def test_openapi_describes_requests_answers_and_problems(lowercase: httpx.AsyncClient) -> None:
    """Tools can make a client from it."""
    document = (await lowercase.get("/openapi.json")).json()

    operation = document["paths"]["/lowercase"]["post"]
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/p"}]
    assert operation["operationId"] == "lowercase"
    assert set(operation["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    assert set(operation["responses"]) == {"200", "default"}
    assert dangling_references(document) == []


async def test_openapi_says_which_endpoints_stream(playground: httpx.AsyncClient) -> None:
    """By the media type of their answer."""
    paths = (await playground.get("/openapi.json")).json()["paths"]

    kinds = {path: list(item["post"]["responses"]["200"]["content"]) for path, item in paths.items()}
    assert kinds["/count"] == ["application/x-ndjson"]
    assert kinds["/echo"] == ["application/json"]


def dangling_references(document: dict[str, Any]) -> list[str]:
    """Every ``$ref`` that leads nowhere."""
    found = re.findall(r"'\$ref': '([^']+)'", str(document))
    assert found
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    return [ref for ref in found if ref not in known]


async def test_the_docs_page_needs_no_network(playground: httpx.AsyncClient) -> None:
    """It shows every endpoint and loads nothing from anywhere."""
    response = await playground.get("/docs")

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    for name in ("echo", "count", "sleep", "who", "fail", "missing", "wrong"):
        assert f'<h2 id="{name}">' in response.text
    assert re.findall(r"""(?:src|href)=["'](?!/p/)""", response.text) == []
    assert re.findall(r"https?://(?!127\.0\.0\.1)", response.text) == []


async def test_what_authors_write_is_escaped_on_the_page(
    serve_app: Callable[..., Awaitable[httpx.AsyncClient]],
) -> None:
    """A summary cannot bring a script along."""

    class Quiet(Endpoint):
        async def run(self, text: str = "<b>'") -> str:
            return text

    app = AanaSDK(name="demo")
    app.register_endpoint(name="quiet", path="/quiet", summary="<script>alert(1)</script>", endpoint_cls=Quiet)
    page = (await (await serve_app(app)).get("/docs")).text

    assert "<script>alert" not in page
    assert "<b>" not in page


async def test_the_lifespan_is_answered() -> None:
    """Serve starts and stops the ASGI app through it."""
    questions = iter(["lifespan.startup", "lifespan.shutdown"])
    answers: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": next(questions)}

    async def send(message: Any) -> None:
        answers.append(message["type"])

    await ProjectApp(AanaSDK(name="demo"))({"type": "lifespan"}, receive, send)

    assert answers == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(
    "args",
    [
        {"project": "lowercase", "app": "lowercase.app:aana_app"},
        {"project": "lowercase", "app": "lowercase.app:aana_app", "restart": "3"},
        {"project": "lowercase"},
    ],
)
def test_build_makes_the_application_that_serve_runs(
    project_module: Callable[[str], ModuleType], args: dict[str, str]
) -> None:
    """An ingress with every deployment bound to it; keys that are there to force a rebuild change nothing."""
    project_module("lowercase.deployments")
    application = build(args)

    ingress = application._bound_deployment
    project, app, handles = ingress.init_args
    bound = handles["lowercase_deployment"]._bound_deployment
    assert (ingress.name, project, app) == ("ingress", "lowercase", "lowercase.app:aana_app")
    assert bound.name == "lowercase_deployment"
    assert bound.ray_actor_options["num_cpus"] == 0.1


def test_the_ingress_costs_no_cpu_and_takes_many_requests() -> None:
    """Serve's own limits would be one CPU and five requests."""
    ingress = ingress_deployment()

    assert ingress.ray_actor_options["num_cpus"] == 0
    assert ingress.max_ongoing_requests == 1000
