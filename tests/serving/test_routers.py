"""Routers beside the endpoints: who is asked, what comes of it, and what they add to the project's pages."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, create_model
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route, Router
from starlette.testclient import TestClient

from aanad.errors import Failed, InvalidProject, InvalidSignature
from aanad.sdk import AanaDeploymentHandle, AanaSDK, Endpoint
from aanad.sdk.exceptions import NotFound, TooManyRequests
from aanad.serving.asgi import ProjectApp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]


class Speaker(BaseModel):
    """A speaker."""

    name: str


LoudSpeaker = create_model("Speaker", volume=(int, ...))


class Greet(Endpoint):
    """Answers `/speakers/greet`."""

    async def run(self, speaker: Speaker) -> str:
        """Answer."""
        return f"hello {speaker.name}"


@pytest.fixture(autouse=True)
def serve_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve's logger does not propagate; pytest listens at the root."""
    monkeypatch.setattr(logging.getLogger("ray.serve"), "propagate", True)


def app_with(*routers: tuple[Any, str]) -> AanaSDK:
    app = AanaSDK(name="demo")
    app.register_endpoint(name="greet", path="/speakers/greet", summary="Greet", endpoint_cls=Greet, tags=["hello"])
    for router, prefix in routers:
        app.register_router(router, prefix)
    return app


def speakers() -> APIRouter:
    router = APIRouter(tags=["speakers"])

    @router.get("")
    async def all_speakers(request: Request) -> dict[str, str]:
        return {"first": str(request.url_for("one_speaker", name="bob"))}

    @router.get("/{name}", summary="One speaker")
    async def one_speaker(name: str) -> Speaker:
        if name == "nobody":
            raise HTTPException(404, "no such speaker")
        return Speaker(name=name)

    @router.post("")
    async def add_speaker(speaker: Speaker) -> Speaker:
        return speaker

    return router


async def test_a_fastapi_router_answers_under_its_prefix(serve_app: ServeApp) -> None:
    """With parameters and bodies, and its own way of saying what does not fit."""
    client = await serve_app(app_with((speakers(), "/speakers")))

    assert (await client.get("/speakers/bob")).json() == {"name": "bob"}
    assert (await client.post("/speakers", json={"name": "eve"})).json() == {"name": "eve"}
    assert (await client.post("/speakers", json={})).status_code == 422
    assert (await client.put("/speakers", json={})).status_code == 405


async def test_its_urls_lead_back_to_it(serve_app: ServeApp) -> None:
    """With the project's route prefix and the router's own."""
    client = await serve_app(app_with((speakers(), "/speakers")))
    url = (await client.get("/speakers")).json()["first"]

    assert url == "http://box/p/speakers/bob"
    assert (await client.get(url)).json() == {"name": "bob"}


async def test_endpoints_and_pages_are_asked_first(serve_app: ServeApp) -> None:
    """A router with a path for everything does not take theirs."""
    router = APIRouter()

    @router.api_route("/{rest:path}", methods=["GET", "POST"])
    async def everything(rest: str) -> str:
        return f"router: {rest}"

    client = await serve_app(app_with((router, "")))

    assert (await client.post("/speakers/greet", json={"speaker": {"name": "bob"}})).json() == "hello bob"
    assert (await client.get("/openapi.json")).json()["info"]["title"] == "demo"
    assert (await client.get("/")).json()["project"] == "demo"
    assert (await client.get("/what/else")).json() == "router: what/else"


def fastapi_app() -> FastAPI:
    app = FastAPI(title="Tools")

    @app.get("/ping")
    async def ping(request: Request) -> str:
        return str(request.url_for("ping"))

    @app.get("/old")
    async def old(request: Request) -> RedirectResponse:
        return RedirectResponse(request.url_for("ping"))

    @app.get("/folder/")
    async def folder() -> str:
        return "folder"

    return app


async def test_a_fastapi_app_stands_under_its_prefix_as_alone(serve_app: ServeApp) -> None:
    """Its urls, its redirects and its own docs page work."""
    client = await serve_app(app_with((fastapi_app(), "/tools")))

    assert (await client.get("/tools/ping")).json() == "http://box/p/tools/ping"
    assert (await client.get("/tools/old")).headers["location"] == "http://box/p/tools/ping"
    assert (await client.get("/tools/folder")).headers["location"] == "http://box/p/tools/folder/"
    assert (await client.get("/tools/folder/")).json() == "folder"
    assert "/p/tools/openapi.json" in (await client.get("/tools/docs")).text


def plain(text: str) -> Callable[[Request], PlainTextResponse]:
    return lambda _: PlainTextResponse(text)


async def test_starlette_routers_and_apps_answer(serve_app: ServeApp) -> None:
    """Mounts in them too."""
    router = Router([Route("/a", plain("router"))])
    app = Starlette(routes=[Route("/a", plain("app")), Mount("/deep", routes=[Route("/b", plain("deep"))])])
    client = await serve_app(app_with((router, "/one"), (app, "/two")))

    assert [(await client.get(path)).text for path in ("/one/a", "/two/a", "/two/deep/b")] == ["router", "app", "deep"]


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application by hand; it knows no lifespan."""
    if scope["type"] != "http":
        raise RuntimeError("only http")
    local = scope["path"].removeprefix(scope["root_path"])
    status = 404 if local == "/missing" else 200
    if scope["method"] == "POST":
        await receive()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": f"raw {scope['root_path']} {local}".encode()})


async def test_any_asgi_callable_answers(serve_app: ServeApp) -> None:
    """With the root path that ASGI says; a 404 after reading what was sent is its own answer."""
    client = await serve_app(app_with((raw, "/raw")))

    assert (await client.get("/raw/x")).text == "raw /p/raw /x"
    assert (await client.get("/raw/missing")).json()["code"] == "not_found"
    assert (await client.post("/raw/missing", content=b"text")).text == "raw /p/raw /missing"
    assert (await client.get("/rawhide")).json()["code"] == "not_found"


async def test_what_a_router_does_not_have_is_left_to_the_next(serve_app: ServeApp) -> None:
    """In the order of registration, whatever they are made with; the body is still there; then the project's 404."""

    async def tag(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-tag"] = "yes"
        return response

    with_middleware = Starlette(
        routes=[Route("/a", plain("a"))], middleware=[Middleware(BaseHTTPMiddleware, dispatch=tag)]
    )
    last = APIRouter()

    @last.post("/missing")
    async def missing(speaker: Speaker) -> str:
        return speaker.name

    @last.post("/empty")
    async def empty(request: Request) -> str:
        return repr(await request.body())

    async def nothing(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            if scope["path"].endswith("/empty"):
                await receive()
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b"nothing here"})

    client = await serve_app(app_with((with_middleware, ""), (speakers(), "/speakers"), (nothing, ""), (last, "")))

    found = await client.get("/a")
    assert (found.text, found.headers["x-tag"]) == ("a", "yes")
    assert (await client.post("/missing", json={"name": "bob"})).json() == "bob"
    assert (await client.post("/empty")).json() == "b''"
    lost = await client.get("/nowhere")
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")
    assert lost.json()["message"] == "There is no endpoint /nowhere."


async def test_a_router_s_own_404_is_its_answer(serve_app: ServeApp) -> None:
    """It has the route; its author says that the thing is not there."""
    client = await serve_app(app_with((speakers(), "/speakers")))
    response = await client.get("/speakers/nobody")

    assert (response.status_code, response.json()) == (404, {"detail": "no such speaker"})


def failing(router_cls: Callable[[], Any]) -> Any:
    router = router_cls()

    def crash(_: Request) -> None:
        raise RuntimeError("secret: the password")

    def missing(_: Request) -> None:
        raise NotFound("There is no bob.", code="no_bob")

    async def busy(_: Request) -> None:
        raise TooManyRequests("Later.", retry_after_s=7)

    for path, call in (("/crash", crash), ("/missing", missing), ("/busy", busy)):
        router.routes.append(Route(path, call))
    return router


@pytest.mark.parametrize("router_cls", [APIRouter, FastAPI, Router, Starlette])
async def test_what_a_router_raises_is_a_problem(
    serve_app: ServeApp, router_cls: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """By accident: 500, the request's id, the reason in the log once. On purpose: as an endpoint would say it."""
    client = await serve_app(app_with((failing(router_cls), "/x")))
    crash = await client.get("/x/crash")
    missing = await client.get("/x/missing")
    busy = await client.get("/x/busy")

    assert (crash.status_code, crash.headers["content-type"]) == (500, "application/problem+json")
    assert (crash.json()["code"], crash.json()["request_id"]) == ("internal_error", "request-1")
    assert "secret" not in crash.text
    assert caplog.text.count("RuntimeError: secret") == 1
    assert (missing.status_code, missing.json()["code"], missing.json()["message"]) == (
        404,
        "no_bob",
        "There is no bob.",
    )
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "7")


async def test_an_asgi_callable_that_raises_is_a_problem(serve_app: ServeApp) -> None:
    """As long as nothing was sent."""

    async def crash(_: Any, __: Any, ___: Any) -> None:
        raise RuntimeError("secret")

    response = await (await serve_app(app_with((crash, "/x")))).get("/x/y")

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")


async def test_an_author_s_own_error_page_stays(serve_app: ServeApp, caplog: pytest.LogCaptureFixture) -> None:
    """The reason is logged all the same."""
    app = FastAPI(exception_handlers={Exception: lambda _, __: PlainTextResponse("sorry", 500)})

    @app.get("/crash")
    async def crash() -> None:
        raise RuntimeError("the reason")

    response = await (await serve_app(app_with((app, "/x")))).get("/x/crash")

    assert (response.status_code, response.text) == (500, "sorry")
    assert "GET /x/crash failed (request request-1)" in caplog.text


async def test_a_router_can_call_a_deployment(serve_app: ServeApp) -> None:
    """Through the same handle as an endpoint."""

    class Model:
        async def shout(self, text: str) -> str:
            return text.upper()

    router = APIRouter()

    @router.get("/shout/{text}")
    async def shout(text: str) -> str:
        model = await AanaDeploymentHandle.create("model")
        answer: str = await model.shout(text)
        return answer

    client = await serve_app(app_with((router, "/x")), {"model": Model()})

    assert (await client.get("/x/shout/hi")).json() == "HI"


async def test_the_lifespans_of_routers_run_with_the_replica() -> None:
    """Started in their order before the first request, stopped the other way round; each has its own state."""
    events: list[str] = []

    def lifespan(name: str) -> Callable[[Any], Any]:
        @asynccontextmanager
        async def run(_: Any) -> AsyncIterator[dict[str, str]]:
            events.append(f"{name} starts")
            async with asyncio.TaskGroup():  # must be left by the task that entered it
                yield {"who": name}
            events.append(f"{name} stops")

        return run

    def routes(router: APIRouter | FastAPI) -> Any:
        @router.get("/who")
        async def who(request: Request) -> str:
            name: str = request.state.who
            return name

        return router

    one = routes(APIRouter(lifespan=lifespan("one")))
    two = routes(FastAPI(lifespan=lifespan("two")))
    three = Starlette(lifespan=lifespan("three"))
    project = ProjectApp(app_with((one, "/one"), (two, "/two"), (three, "/three"), (raw, "/raw")))
    await project.initialize()
    started = list(events)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=project), base_url="http://box") as client:
        answers = [(await client.get(path)).json() for path in ("/one/who", "/two/who")]
    questions = iter(["lifespan.startup", "lifespan.shutdown"])
    replies: list[str] = []

    async def ask() -> dict[str, str]:
        return {"type": next(questions)}

    async def reply(message: Any) -> None:
        replies.append(message["type"])

    await project({"type": "lifespan"}, ask, reply)

    assert started == ["one starts", "two starts", "three starts"]
    assert answers == ["one", "two"]
    assert events[3:] == ["three stops", "two stops", "one stops"]
    assert replies == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_router_that_fails_to_start_fails_the_replica() -> None:
    """With its name and the reason."""

    @asynccontextmanager
    async def broken(_: Any) -> AsyncIterator[None]:
        raise ValueError("no database")
        yield

    project = ProjectApp(app_with((APIRouter(lifespan=broken), "/speakers")))

    with pytest.raises(Failed) as caught:
        await project.initialize()

    assert caught.value.code == "router_start_failed"
    assert caught.value.message == "Router /speakers failed to start: ValueError: no database."


def test_websockets_of_routers() -> None:
    """The first router that has it answers; one that nobody has is closed."""
    router = APIRouter()

    @router.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text((await socket.receive_text()).upper())
        await socket.close()

    client = TestClient(
        ProjectApp(app_with((speakers(), "/speakers"), (APIRouter(), ""), (router, "/ws"))), root_path="/p"
    )

    with client.websocket_connect("/p/ws/echo") as socket:
        socket.send_text("hi")
        assert socket.receive_text() == "HI"
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/p/ws/none"):
        pass
    assert closed.value.reason == "There is no websocket /ws/none."


async def test_fastapi_routes_are_in_the_projects_openapi(serve_app: ServeApp) -> None:
    """With the whole path, ids of their own, and their own schemas where two models have one name."""
    other = APIRouter()

    @other.put("/volume", operation_id="greet")
    async def volume(speaker: LoudSpeaker) -> LoudSpeaker:
        return speaker

    client = await serve_app(app_with((speakers(), "/speakers"), (other, "/x"), (fastapi_app(), "/tools")))
    document = (await client.get("/openapi.json")).json()

    assert {"/speakers/greet", "/speakers", "/speakers/{name}", "/x/volume", "/tools/ping"} <= set(document["paths"])
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))
    schemas = document["components"]["schemas"]
    reference = document["paths"]["/x/volume"]["put"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert list(schemas[reference.rpartition("/")[2]]["properties"]) == ["volume"]
    assert list(schemas["Speaker"]["properties"]) == ["name"]
    found = re.findall(r"'\$ref': '([^']+)'", str(document))
    assert [each for each in found if each.rpartition("/")[2] not in schemas] == []
    assert document["paths"]["/speakers/greet"]["post"]["tags"] == ["hello"]


async def test_the_docs_page_lists_the_routes(serve_app: ServeApp) -> None:
    """Below the endpoints."""
    page = (await (await serve_app(app_with((speakers(), "/speakers")))).get("/docs")).text

    assert "<code>GET /p/speakers/{name}</code></td><td>One speaker</td>" in page


@pytest.mark.parametrize("prefix", ["speakers", "/speakers/", "/a b", "/..", "/docs", "/openapi.json", "/", None, 1])
def test_a_prefix_that_cannot_be_used_is_refused(prefix: Any) -> None:
    """With what to write instead."""
    with pytest.raises(InvalidProject) as caught:
        app_with((APIRouter(), prefix))

    assert caught.value.code in {"invalid_router_prefix", "reserved_router_prefix"}
    assert caught.value.hint


@pytest.mark.parametrize("router", [None, "router", APIRouter, lambda: None, object()])
def test_what_is_no_router_is_refused(router: Any) -> None:
    """A class instead of its object, too."""
    with pytest.raises(InvalidSignature) as caught:
        app_with((router, "/x"))

    assert caught.value.code == "not_a_router"


def route_at(path: str) -> APIRouter:
    router = APIRouter()
    router.add_api_route(path, lambda: None)
    return router


@pytest.mark.parametrize(
    ("router", "prefix", "message"),
    [
        (APIRouter(), "/speakers/greet", "/speakers/greet is already answered by endpoint greet."),
        (route_at("/greet"), "/speakers", "/speakers/greet is already answered by endpoint greet."),
        (route_at("/docs"), "", "/docs is already answered by every project itself."),
        (Router([Route("/", plain("index"))]), "", "/ is already answered by every project itself."),
    ],
)
def test_a_route_that_could_never_be_reached_is_refused(router: Any, prefix: str, message: str) -> None:
    """Whichever of the two is registered first."""
    with pytest.raises(InvalidProject) as caught:
        app_with((router, prefix))

    assert caught.value.code == "router_collision"
    assert caught.value.message.endswith(message)


def test_an_endpoint_that_would_take_a_routers_route_is_refused() -> None:
    """The same the other way round."""
    app = AanaSDK(name="demo")
    app.register_router(route_at("/greet"), "/speakers")

    with pytest.raises(InvalidProject) as caught:
        app.register_endpoint(name="greet", path="/speakers/greet", summary="Greet", endpoint_cls=Greet)

    assert caught.value.code == "router_collision"


async def test_the_methods_of_a_path_are_those_of_all_its_routes(serve_app: ServeApp) -> None:
    """A framework would name those of the first route; OPTIONS is answered as on an endpoint's path."""
    router = APIRouter()

    @router.post("/{name}")
    async def greet(name: str) -> str:
        return name

    @router.get("/ledger")
    @router.put("/ledger")
    async def ledger() -> str:
        return "ledger"

    @router.get("/closed")
    async def closed() -> None:
        raise HTTPException(405, "not today", {"allow": "POST"})

    async def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse("page")

    inner = Starlette(routes=[Route("/a", page), Route("/a", page, methods=["PUT"])])
    client = await serve_app(app_with((router, "/desk"), (inner, "/inner")))

    of_desk = await client.request("OPTIONS", "/desk/ledger")
    assert (of_desk.status_code, of_desk.headers["allow"], of_desk.content) == (204, "GET, POST, PUT, OPTIONS", b"")
    refused = await client.delete("/desk/ledger")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST, PUT, OPTIONS")
    of_inner = await client.request("OPTIONS", "/inner/a")
    assert (of_inner.status_code, of_inner.headers["allow"]) == (204, "GET, HEAD, PUT, OPTIONS")
    own = await client.get("/desk/closed")
    assert (own.status_code, own.headers["allow"]) == (405, "POST")
