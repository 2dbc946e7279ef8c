"""Which names and paths a project may use, and the sentences that say so."""

from __future__ import annotations

import re

from aanad.errors import InvalidProject

RESERVED_DEPLOYMENTS = frozenset({"ingress"})
"""Every project's Serve application has a deployment of its own for HTTP."""
RESERVED_PATHS = frozenset({"/", "/docs", "/openapi.json"})
"""Answered by every project itself."""

_PROJECT = re.compile(r"[a-z][a-z0-9_]{0,47}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_PATH = re.compile(r"(/[A-Za-z0-9_.~-]+)+")
MAX_PATH = 200


def check_project_name(name: object) -> str:
    """Return `name` if a project may be called so."""
    if isinstance(name, str) and _PROJECT.fullmatch(name):
        return name
    raise InvalidProject(
        f"A project cannot be called {name!r}.",
        hint="Use a Python package name in lower case: letters, digits and underscores, at most 48 characters.",
        code="invalid_project_name",
    )


def check_deployment_name(name: object) -> str:
    """Return `name` if a deployment may be called so."""
    if name in RESERVED_DEPLOYMENTS:
        raise InvalidProject(
            f"A deployment cannot be called {name!r}: every project has one of that name, which answers HTTP.",
            hint="Choose another name in register_deployment(name=…).",
            code="reserved_name",
        )
    return _check_name("deployment", name)


def check_endpoint_name(name: object) -> str:
    """Return `name` if an endpoint may be called so."""
    return _check_name("endpoint", name)


def _check_name(kind: str, name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    raise InvalidProject(
        f"{kind.capitalize()} {name!r}: this is not a name that can be used.",
        hint="Start with a letter and use letters, digits, '_' and '-', at most 64 characters.",
        code=f"invalid_{kind}_name",
    )


def check_endpoint_path(endpoint: str, path: object) -> str:
    """Return `path` if the endpoint may have it."""
    if isinstance(path, str) and path in RESERVED_PATHS:
        raise InvalidProject(
            f"Endpoint {endpoint}: the path {path} is answered by every project itself.",
            hint="Choose another path in register_endpoint(path=…).",
            code="reserved_endpoint_path",
        )
    dots = isinstance(path, str) and any(part in {".", ".."} for part in path.split("/"))
    if isinstance(path, str) and not dots and len(path) <= MAX_PATH and _PATH.fullmatch(path):
        return path
    cure = "A path starts with '/', does not end with one, and has letters, digits and '_.~-' between slashes"
    if isinstance(path, str) and _PATH.fullmatch("/" + path.strip("/")) and path != "/" + path.strip("/"):
        cure += f": write {'/' + path.strip('/')!r}"
    raise InvalidProject(
        f"Endpoint {endpoint}: the path {path!r} cannot be used.",
        hint=f"{cure}.",
        code="invalid_endpoint_path",
    )


def check_router_prefix(prefix: object) -> str:
    """Return `prefix` if a router may have it."""
    if prefix == "":
        return ""
    hint = "Write prefix='/speakers', or leave it out for a router whose own paths say everything."
    if isinstance(prefix, str) and prefix in RESERVED_PATHS:
        raise InvalidProject(
            f"Router {prefix}: the path {prefix} is answered by every project itself.",
            hint=hint,
            code="reserved_router_prefix",
        )
    dots = isinstance(prefix, str) and any(part in {".", ".."} for part in prefix.split("/"))
    if isinstance(prefix, str) and not dots and len(prefix) <= MAX_PATH and _PATH.fullmatch(prefix):
        return prefix
    raise InvalidProject(
        f"Router {prefix!r}: this prefix cannot be used: it starts with '/', does not end with one, and has letters, "
        "digits and '_.~-' between slashes.",
        hint=hint,
        code="invalid_router_prefix",
    )
