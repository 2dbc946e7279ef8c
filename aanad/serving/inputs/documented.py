"""What OpenAPI says of a request: JSON, and the form with the same fields and its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aanad.sdk.endpoint import RegisteredEndpoint
    from aanad.sdk.upload_fields import UploadField

_FILE = {"type": "string", "format": "binary"}


def request_body_of(endpoint: RegisteredEndpoint, schema: dict[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """The request body of an operation.

    Args:
        endpoint: whose requests they are.
        schema: of its request, maybe a reference.
        shared: the schemas that references lead to, by name.
    """
    uploads = endpoint.signature.uploads
    whole = shared.get(schema.get("$ref", "").rpartition("/")[2], schema)
    encoding = {name: {"contentType": ", ".join(field.media_types)} for name, field in uploads.items()}
    form = {
        "schema": _form(schema, whole, uploads),
        "encoding": {"body": {"contentType": "application/json"}, **encoding},
    }
    return {
        "required": bool(whole.get("required")),
        "content": {"application/json": {"schema": schema}, "multipart/form-data": form},
    }


def _form(schema: dict[str, Any], whole: dict[str, Any], uploads: Mapping[str, UploadField]) -> dict[str, Any]:
    """Either the fields one by one, or all of them as JSON in `body` and the files beside it."""
    properties = whole.get("properties", {})
    required = whole.get("required", [])
    fields = {
        name: _file(uploads[name], each) if name in uploads else _field(each) for name, each in properties.items()
    }
    plain = {name: each for name, each in properties.items() if name not in uploads}
    body = schema
    if uploads:
        body = {
            "type": "object",
            "properties": plain,
            "required": [name for name in required if name in plain],
            "additionalProperties": False,
        }
    files = [name for name in required if name in uploads]
    return {
        "type": "object",
        "properties": {**fields, "body": body},
        "additionalProperties": False,
        "oneOf": [
            {"title": "Fields", "required": required, "properties": {"body": False}},
            {"title": "JSON", "required": ["body", *files], "properties": dict.fromkeys(plain, False)},
        ],
    }


def _field(schema: dict[str, Any]) -> dict[str, Any]:
    """A list is a field for each item, and of no items nothing can be seen."""
    return schema | {"minItems": schema.get("minItems") or 1} if schema.get("type") == "array" else schema


def _file(field: UploadField, schema: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "array", "items": _FILE} if field.many else dict(_FILE)
    return made | {key: schema[key] for key in ("title", "description") if key in schema}
