"""Routers: what a project answers beside its endpoints, with a web framework or by hand."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from aanad.errors import InvalidProject, InvalidSignature
from aanad.sdk.naming import RESERVED_PATHS, check_router_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aanad.sdk.endpoint import RegisteredEndpoint

ASGI_ARGUMENTS = ("scope", "receive", "send")


class RouterKind(Enum):
    """What a router was made with, which decides how it is asked."""

    FASTAPI_ROUTER = "fastapi router"
    FASTAPI = "fastapi"
    STARLETTE_ROUTER = "starlette router"
    STARLETTE = "starlette"
    ASGI = "asgi"


@dataclass(frozen=True)
class RegisteredRouter:
    """One router of an app."""

    router: Any
    """The author's object."""
    prefix: str
    """Empty, or a path that starts with a slash; under the project's route prefix."""
    kind: RouterKind

    def paths(self) -> Iterator[str]:
        """The paths without parameters that it documents or lists, under the project's route prefix."""
        if self.kind is RouterKind.ASGI:
            return
        for route in _routes(self.router):
            path = getattr(route, "path", None)
            is_listed = getattr(route, "include_in_schema", False) and getattr(route, "methods", None)
            if path is not None and is_listed and "{" not in path:
                yield f"{self.prefix}{path}" or "/"


def registered_router(router: object, prefix: object) -> RegisteredRouter:
    """Return what the app keeps of `router`.

    Raises:
        InvalidProject: the prefix is reserved or malformed.
        InvalidSignature: this is no router.
    """
    return RegisteredRouter(router, check_router_prefix(prefix), _kind(router))


def check_collisions(routers: Iterable[RegisteredRouter], endpoints: Iterable[RegisteredEndpoint]) -> None:
    """Refuse what could never be reached: endpoints are asked first, and the project's own pages.

    Raises:
        InvalidProject: a router has the path of an endpoint or of a page.
    """
    taken = dict.fromkeys(RESERVED_PATHS, "every project itself")
    taken |= {endpoint.path: f"endpoint {endpoint.name}" for endpoint in endpoints}
    for router in routers:
        for path in [router.prefix, *router.paths()]:
            if path in taken:
                raise InvalidProject(
                    f"Router {router.prefix or '(without a prefix)'}: {path} is already answered by {taken[path]}.",
                    hint="Give the router another prefix in register_router(…, prefix=…), or its route another path.",
                    code="router_collision",
                )


def _kind(router: object) -> RouterKind:
    from fastapi import APIRouter, FastAPI
    from starlette.applications import Starlette
    from starlette.routing import Router

    kinds = (
        (APIRouter, RouterKind.FASTAPI_ROUTER),
        (FastAPI, RouterKind.FASTAPI),
        (Router, RouterKind.STARLETTE_ROUTER),
        (Starlette, RouterKind.STARLETTE),
    )
    for cls, kind in kinds:
        if isinstance(router, cls):
            return kind
    if not inspect.isclass(router) and callable(router):
        try:
            inspect.signature(router).bind(*ASGI_ARGUMENTS)
        except (TypeError, ValueError):
            pass
        else:
            return RouterKind.ASGI
    raise InvalidSignature(
        f"A router cannot be {router!r}.",
        hint="Pass a FastAPI APIRouter or app, a Starlette router or app, or a coroutine function "
        "(scope, receive, send).",
        code="not_a_router",
    )


def _routes(router: Any) -> Iterator[Any]:
    """The routes, those of included routers with their whole path."""
    from fastapi.routing import iter_route_contexts

    return iter_route_contexts(router.routes)
