"""What a project shows of itself: an index, OpenAPI 3.1, a docs page; and how it fits into Serve."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from aanad.sdk import AanaSDK, Endpoint
from aanad.sdk.models import File, Image
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
    assert dangling_references(document) == []


async def test_openapi_says_which_endpoints_stream(playground: httpx.AsyncClient) -> None:
    """By the media type of their answer."""
    paths = (await playground.get("/openapi.json")).json()["paths"]

    kinds = {path: list(item["post"]["responses"]["200"]["content"]) for path, item in paths.items()}
    assert kinds["/count"] == ["application/x-ndjson", "text/event-stream"]
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


async def test_openapi_documents_every_answer(studio: httpx.AsyncClient) -> None:
    """Its media types, what it is without one, and each status that a client can meet."""
    document = (await studio.get("/openapi.json")).json()
    answers = {path: item["post"]["responses"] for path, item in document["paths"].items()}

    common = {"200", "400", "405", "406", "413", "415", "422", "500", "503", "504", "default"}
    assert set(answers["/picture"]) == common
    assert set(answers["/maybe"]) == common | {"204"}
    assert set(answers["/path"]) == common | {"206", "416"}
    for answer in answers.values():
        problems = [answer[status] for status in answer if status[0] in "45d"]
        assert {media_type for problem in problems for media_type in problem["content"]} == {"application/problem+json"}
    assert dangling_references(document) == []


async def test_openapi_describes_binary_answers(studio: httpx.AsyncClient) -> None:
    """As bytes, and their form in JSON with its schema."""
    paths = (await studio.get("/openapi.json")).json()["paths"]
    picture = paths["/picture"]["post"]["responses"]["200"]["content"]
    count = paths["/count"]["post"]

    assert list(picture) == ["image/png", "image/jpeg", "image/webp", "application/json"]
    assert picture["image/png"]["schema"] == {
        "type": "string",
        "format": "binary",
        "contentMediaType": "image/png",
    }
    assert picture["application/json"]["schema"]["required"] == ["media_type", "content"]
    assert list(paths["/speech"]["post"]["responses"]["200"]["content"]) == ["audio/mpeg", "application/json"]
    assert "*/*" in paths["/path"]["post"]["responses"]["200"]["content"]
    assert (count["tags"], count["description"]) == (["streams"], "Counts **slowly**, and fails where it is told to.")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/picture", {}),
        ("/pixels", {"size": 4}),
        ("/maybe", {"found": False}),
        ("/captioned", {"caption": "a"}),
        ("/captioned", {}),
        ("/speech", {}),
        ("/path", {}),
        ("/path", {"missing": True}),
        ("/file", {"text": "a"}),
        ("/count", {"limit": 1}),
        ("/count", {"limit": 1, "fail_at": 0}),
        ("/radio", {}),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/*", "text/event-stream"])
async def test_no_answer_is_undocumented(
    studio: httpx.AsyncClient, path: str, body: dict[str, Any], accept: str
) -> None:
    """Whatever is asked for, its status and its media type stand in the document."""
    documented = (await studio.get("/openapi.json")).json()["paths"][path]["post"]["responses"]

    response = await studio.post(path, json=body, headers={"accept": accept})

    content = documented[str(response.status_code)].get("content", {})
    media_type = response.headers.get("content-type", "").partition(";")[0]
    assert media_type in content or "*/*" in content or (not media_type and not content)


async def test_the_docs_page_shows_media(studio: httpx.AsyncClient) -> None:
    """Which formats there are, a choice between them, and a curl that saves the answer."""
    page = (await studio.get("/docs")).text
    section = page[page.index('<h2 id="picture">') : page.index('<h2 id="array">')]

    assert "Answers with image: <code>image/png</code>" in section
    assert '<option value="image/webp">image/webp</option>' in section
    assert "curl -o answer.png " in section
    assert "or nothing (204)" in page
    assert "a stream, a chunk at a time" in page
    assert re.findall(r"""(?:src|href)=["'](?!/p/)""", page) == []


async def test_the_docs_page_has_a_place_for_files(serve_app: Callable[..., Awaitable[httpx.AsyncClient]]) -> None:
    """One input for each parameter that takes them, with what they may be."""

    class Describe(Endpoint):
        async def run(self, image: Image, prompt: str, others: list[File] | None = None) -> str:
            return prompt

    app = AanaSDK(name="demo")
    app.register_endpoint(name="describe", path="/describe", summary="Describe", endpoint_cls=Describe)
    page = (await (await serve_app(app)).get("/docs")).text

    assert '<input type="file" name="image" accept="image/*">' in page
    assert '<input type="file" name="others" multiple>' in page
    assert "-F image=@image" in page
