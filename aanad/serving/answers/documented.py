"""What OpenAPI says of an endpoint's answers: each status that a client can meet, its media types and headers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aanad.sdk.answer_kinds import EVENT_STREAM, JSON, NDJSON, AnswerKind
from aanad.wire.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from aanad.sdk.endpoint import RegisteredEndpoint

PROBLEM = {"$ref": "#/components/schemas/Problem"}
_DESCRIPTIONS = {
    AnswerKind.JSON: "The answer",
    AnswerKind.STREAM: (
        "A stream of chunks, each sent when it is made. NDJSON: one JSON document a line; after an error in the "
        "middle the last line is an object whose only key is `error`. Server-sent events: one event a chunk, numbered "
        "by its id; the last event is `end`, or `error` with a problem."
    ),
    AnswerKind.IMAGE: "The image, in the format that the request accepts",
    AnswerKind.AUDIO: "The sound, in the format that the request accepts",
    AnswerKind.VIDEO: "The video as it is, or as MP4 where the request accepts nothing else",
    AnswerKind.BYTES: "The bytes",
    AnswerKind.BYTE_STREAM: "Bytes as they are made; after an error the connection is cut",
    AnswerKind.FILE: "The file, of its own media type",
}
_PROBLEMS = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read: no JSON, no form",
    HTTPStatus.METHOD_NOT_ALLOWED: "Only POST is possible here, and OPTIONS",
    HTTPStatus.NOT_ACCEPTABLE: "The answer cannot be of a media type that the request accepts",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body, or a file in it, is of a media type that is not taken",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The request does not fit the endpoint; `errors` names the fields",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The endpoint failed; the project's log has the reason under the `request_id`",
    HTTPStatus.SERVICE_UNAVAILABLE: "A deployment that the endpoint needs cannot be reached",
    HTTPStatus.GATEWAY_TIMEOUT: "The endpoint, or a deployment that it needs, took too long",
}
_REQUEST_ID = {"X-Request-ID": {"description": "The request's id, also in the log.", "schema": {"type": "string"}}}
_FILE_KINDS = frozenset({AnswerKind.FILE, AnswerKind.VIDEO, AnswerKind.BYTES})
_FILE_HEADERS = {
    "Content-Disposition": {"description": "The file's name.", "schema": {"type": "string"}},
    "Accept-Ranges": {"description": "`bytes` where parts can be asked for.", "schema": {"type": "string"}},
    "ETag": {"description": "Another one where the file has changed.", "schema": {"type": "string"}},
    "Last-Modified": {"description": "When the file changed.", "schema": {"type": "string"}},
}
_METHOD = HTTPStatus.METHOD_NOT_ALLOWED
_ALLOW = {"Allow": {"description": "The methods that are possible.", "schema": {"type": "string"}}}
_CONTENT_RANGE = {"Content-Range": {"description": "Which bytes, of how many.", "schema": {"type": "string"}}}


def responses_of(endpoint: RegisteredEndpoint, schema: dict[str, Any]) -> dict[str, Any]:
    """The ``responses`` of the endpoint's operation.

    Args:
        endpoint: the endpoint.
        schema: of its answer in JSON, or of one chunk.
    """
    answer = endpoint.signature.answer
    has_ranges = answer.kind in _FILE_KINDS
    content = {media_type: {"schema": _schema(media_type, schema)} for media_type in answer.media_types}
    if answer.is_open:
        content["*/*"] = {"schema": _binary("*/*")}
    headers = _REQUEST_ID | (_FILE_HEADERS if has_ranges else {})
    responses: dict[str, Any] = {
        "200": {"description": _DESCRIPTIONS[answer.kind], "headers": headers, "content": content}
    }
    if answer.may_be_empty:
        responses["204"] = {"description": "There is none", "headers": _REQUEST_ID}
    if has_ranges:
        part = {**responses["200"], "description": "The part that the header Range asks for"}
        responses["206"] = {**part, "headers": headers | _CONTENT_RANGE}
    for status, description in _PROBLEMS.items():
        responses[str(status.value)] = _problem(description, _ALLOW if status is _METHOD else None)
    if has_ranges:
        responses["416"] = _problem("There are no bytes in the range that was asked for", _CONTENT_RANGE)
    if endpoint.options.max_concurrent is not None:
        after = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}
        responses["429"] = _problem("Too many requests are being worked on", after)
    responses["default"] = _problem("Any other problem: its `code` and `message` are the endpoint's own")
    return dict(sorted(responses.items()))


def _problem(description: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "description": description,
        "headers": _REQUEST_ID | (headers or {}),
        "content": {MEDIA_TYPE: {"schema": PROBLEM}},
    }


def _schema(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    if media_type == JSON:
        return schema
    if media_type == NDJSON:
        failed = {"type": "object", "properties": {"error": PROBLEM}, "required": ["error"]}
        return {"anyOf": [schema, {**failed, "additionalProperties": False}]}
    if media_type == EVENT_STREAM:
        return {"type": "string", "contentMediaType": EVENT_STREAM}
    return _binary(media_type)


def _binary(media_type: str) -> dict[str, Any]:
    """Of raw bytes: the format is what OpenAPI 3.0 said, the media type what 3.1 says."""
    return {"type": "string", "format": "binary", "contentMediaType": media_type}
