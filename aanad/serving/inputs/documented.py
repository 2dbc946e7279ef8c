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
    properties = {
        name: _file(uploads[name], each) if name in uploads else each
        for name, each in whole.get("properties", {}).items()
    }
    body = {
        "type": "string",
        "description": "The whole request as JSON; fields and files beside it add to it.",
        "contentMediaType": "application/json",
        "contentSchema": schema,
    }
    form: dict[str, Any] = {
        "schema": {"type": "object", "properties": properties | {"body": body}, "additionalProperties": False}
    }
    if uploads:
        form["encoding"] = {name: {"contentType": ", ".join(field.media_types)} for name, field in uploads.items()}
    return {
        "required": bool(whole.get("required")),
        "content": {"application/json": {"schema": schema}, "multipart/form-data": form},
    }


def _file(field: UploadField, schema: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "array", "items": _FILE} if field.many else dict(_FILE)
    return made | {key: schema[key] for key in ("title", "description") if key in schema}
