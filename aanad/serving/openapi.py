"""A project's OpenAPI 3.1 document, made from the compiled signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from aanad.sdk.signature import SchemaGenerator
from aanad.serving.answers.documented import responses_of
from aanad.serving.inputs.documented import request_body_of
from aanad.wire.problems import Problem

if TYPE_CHECKING:
    from aanad.sdk.app import AanaSDK
    from aanad.sdk.endpoint import RegisteredEndpoint

_PROBLEM = TypeAdapter(Problem)
_REFS = "#/components/schemas/{model}"


def document(app: AanaSDK, prefix: str) -> dict[str, Any]:
    """The whole document; paths are relative to the project's route prefix."""
    schemas, components = _schemas(app)
    return {
        "openapi": "3.1.0",
        "info": {"title": app.name, "version": "1"},
        "servers": [{"url": prefix or "/"}],
        "paths": {
            endpoint.path: {"post": _operation(endpoint, schemas[endpoint.name], components)}
            for endpoint in app.endpoints.values()
        },
        "components": {"schemas": components},
    }


def _schemas(app: AanaSDK) -> tuple[dict[str, tuple[Any, Any]], dict[str, Any]]:
    """Request and response schema of each endpoint by name, and what they share."""
    inputs: list[Any] = [("", "serialization", _PROBLEM)]
    for endpoint in app.endpoints.values():
        inputs.append((f"{endpoint.name}?", "validation", TypeAdapter(endpoint.signature.request_model)))
        inputs.append((f"{endpoint.name}!", "serialization", endpoint.signature.response))
    made, shared = TypeAdapter.json_schemas(inputs, ref_template=_REFS, schema_generator=SchemaGenerator)
    schemas = {name: (made[f"{name}?", "validation"], made[f"{name}!", "serialization"]) for name in app.endpoints}
    components = dict(shared.get("$defs", {}))
    components.setdefault("Problem", made["", "serialization"])
    return schemas, components


def _operation(endpoint: RegisteredEndpoint, schemas: tuple[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    request, response = schemas
    operation = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "requestBody": request_body_of(endpoint, request, components),
        "responses": responses_of(endpoint, response),
    }
    if endpoint.options.description:
        operation["description"] = endpoint.options.description
    if endpoint.options.tags:
        operation["tags"] = list(endpoint.options.tags)
    return operation
