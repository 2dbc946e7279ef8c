"""What the routers of a project add to its OpenAPI document and to its docs page."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any

from aanad.sdk.routers import RouterKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aanad.serving.routers import MountedRouter

logger = logging.getLogger("ray.serve")

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_SCHEMAS = "#/components/schemas/"


def add_routers(document: dict[str, Any], routers: Sequence[MountedRouter]) -> None:
    """Add the routes of FastAPI routers to `document`; endpoints keep what is theirs."""
    for router in routers:
        found = _openapi(router)
        if found is None:
            continue
        _rename_schemas(found, document["components"]["schemas"])
        _rename_operations(found, document)
        for path, item in found.get("paths", {}).items():
            full = f"{'' if router.kind is RouterKind.FASTAPI_ROUTER else router.prefix}{path}"
            document["paths"][full] = item | document["paths"].get(full, {})
        for section, entries in found.get("components", {}).items():
            document["components"][section] = entries | document["components"].get(section, {})
        known = {tag["name"] for tag in document.get("tags", ())}
        if further := [tag for tag in found.get("tags", ()) if tag["name"] not in known]:
            document.setdefault("tags", []).extend(further)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of everything in an OpenAPI document."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def _openapi(router: MountedRouter) -> dict[str, Any] | None:
    """The router's own document, a copy; None where it has none."""
    if router.kind not in {RouterKind.FASTAPI_ROUTER, RouterKind.FASTAPI}:
        return None
    try:
        return copy.deepcopy(dict(router.app.openapi()))
    except Exception:  # the author's annotations; the endpoints' document is good without it
        logger.exception("The routes of router %s cannot be documented.", router.name)
        return None


def _rename_schemas(found: dict[str, Any], taken: dict[str, Any]) -> None:
    """Give a schema another name where the project has a different one of that name."""
    schemas = found.get("components", {}).get("schemas", {})
    renamed = {
        name: _free(name, [*taken, *schemas]) for name in schemas if name in taken and taken[name] != schemas[name]
    }
    if renamed:
        found["components"]["schemas"] = {renamed.get(name, name): schema for name, schema in schemas.items()}
        _point_to(found, {f"{_SCHEMAS}{old}": f"{_SCHEMAS}{new}" for old, new in renamed.items()})


def _point_to(node: Any, references: dict[str, str]) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and value in references:
                node[key] = references[value]
            else:
                _point_to(value, references)
    elif isinstance(node, list):
        for value in node:
            _point_to(value, references)


def _rename_operations(found: dict[str, Any], document: dict[str, Any]) -> None:
    taken = [operation.get("operationId") for _, _, operation in operations(document)]
    for _, _, operation in operations(found):
        if operation.get("operationId") in taken:
            operation["operationId"] = _free(operation["operationId"], taken)
        taken.append(operation.get("operationId"))


def _free(name: str, taken: Sequence[str | None]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
