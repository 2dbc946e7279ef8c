"""Reading a request's body: JSON as it came, or the ``body`` field of a form."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from aanad.serving.problems import RequestRefused

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aanad.serving.asgi import Receive, Scope

MAX_BODY_BYTES = 64 * 1024 * 1024
FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data"
FIELD = "body"


class ClientGone(Exception):
    """The client closed the connection before its request was complete; nobody waits for an answer."""


async def read_json(scope: Scope, receive: Receive) -> bytes:
    """The JSON document of a request, as bytes.

    Raises:
        RequestRefused: a media type, an encoding or a size that is not taken, or a form without what is needed.
        ClientGone: the client went away.
    """
    media_type = b""
    content_type = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value
            media_type = value.partition(b";")[0].strip().lower()
        elif name == b"content-length":
            _check_size(int(value) if value.isdigit() else 0)
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise RequestRefused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                f"The content encoding {value.decode('latin-1')} is not taken.",
                hint="Send the body uncompressed.",
            )
    body = await _read(receive)
    if media_type == b"application/json" or not media_type:
        return body or b"{}"
    if media_type == FORM:
        return _from_form(body)
    if media_type == MULTIPART:
        return await _from_multipart(content_type, body)
    if media_type.startswith(b"application/") and media_type.endswith(b"+json"):
        return body or b"{}"
    raise RequestRefused(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        f"The media type {media_type.decode('latin-1')} is not taken.",
        hint="Send application/json, or a form with the JSON in its field 'body'.",
    )


async def _read(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        _check_size(len(body))
        return body
    parts = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        _check_size(size)
    return b"".join(parts)


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise RequestRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "body_too_large",
            f"The body is larger than {MAX_BODY_BYTES // 1024**2} MiB.",
            hint="Send less at once.",
        )


def _from_form(body: bytes) -> bytes:
    if body.lstrip()[:1] in {b"{", b"["}:
        return body  # `curl -d '{…}'` without a content type says it is a form
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body))
    except ValueError as error:  # UnicodeDecodeError is one
        raise _bad_form(str(error)) from error
    return _the_field(fields)


async def _from_multipart(content_type: bytes, body: bytes) -> bytes:
    from starlette.datastructures import Headers, UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    headers = Headers(raw=[(b"content-type", content_type)])
    try:
        form = await MultiPartParser(headers, whole(), max_part_size=MAX_BODY_BYTES).parse()
    except (MultiPartException, KeyError, UnicodeError) as error:
        raise _bad_form(str(error) or type(error).__name__) from error
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            await form.close()
            raise RequestRefused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "unexpected_file",
                f"The form has a file {name!r}, and this endpoint takes none.",
                hint="Send the JSON in the field 'body' only.",
            )
    return _the_field([(name, str(value)) for name, value in form.multi_items()])


def _the_field(fields: list[tuple[str, str]]) -> bytes:
    unknown = [name for name, _ in fields if name != FIELD]
    if unknown or len(fields) > 1:
        what = f"an unknown field {unknown[0]!r}" if unknown else "more than one field 'body'"
        raise RequestRefused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_request",
            f"The form has {what}.",
            hint="A form has one field, 'body', with the JSON: -F body='{\"text\": …}'.",
        )
    return fields[0][1].encode() if fields else b"{}"


def _bad_form(reason: str) -> RequestRefused:
    return RequestRefused(
        HTTPStatus.BAD_REQUEST,
        "invalid_form",
        f"The form cannot be read: {reason.rstrip('.')}.",
        hint="A form has one field, 'body', with the JSON: -F body='{\"text\": …}'.",
    )
