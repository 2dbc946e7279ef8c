from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Request, WebSocket
from pydantic import BaseModel
from starlette.responses import JSONResponse
from starlette.routing import Route, Router

from aanad.sdk import AanaDeploymentHandle

from .endpoints import visits


class Visitor(BaseModel):
    """Somebody at the door."""

    name: str


@asynccontextmanager
async def open_house(_: Any) -> AsyncIterator[dict[str, Any]]:
    print("the house opens")
    yield {"clerk": await AanaDeploymentHandle.create("clerk")}
    print("the house closes")


visitors = APIRouter(lifespan=open_house)


@visitors.get("/ledger", summary="What the clerk has done")
async def ledger(request: Request) -> dict[str, int]:
    return await request.state.clerk.read_ledger()


@visitors.post("/let-go", summary="Let everybody at the desk go")
async def let_go(request: Request) -> None:
    await request.state.clerk.let_go()


@visitors.post("/{name}")
async def greet(name: str, visitor: Visitor, request: Request) -> dict[str, str]:
    return {"greeting": f"{name} greets {visitor.name}", "url": str(request.url_for("greet", name=name))}


@visitors.get("/crash")
async def crash() -> None:
    raise RuntimeError("secret: the password")


@visitors.websocket("/talk")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text.upper())


async def list_visits(_: Request) -> JSONResponse:
    return JSONResponse(visits)


house = Router([Route("/visits", list_visits)])
