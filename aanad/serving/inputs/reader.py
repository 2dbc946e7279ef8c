"""Reads a request's body, by its media type, into the validated request of one endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aanad.sdk.models.inputs import InputContext
from aanad.serving.inputs import forms
from aanad.serving.inputs.documents import FormReader
from aanad.serving.inputs.files import RequestFiles
from aanad.serving.inputs.json_bodies import check_depth, read
from aanad.serving.inputs.refusals import body_too_large, json_too_large, unsupported_media_type
from aanad.wire.requests import RequestRules

if TYPE_CHECKING:
    from pydantic import BaseModel

    from aanad.sdk.models.inputs import Upload
    from aanad.sdk.signature import Signature
    from aanad.serving.asgi import Receive, Scope

JSON = b"application/json"
URLENCODED = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data"
_CHARSETS = {b"", b"utf-8", b"utf8", b"us-ascii", b"ascii"}


class Received:
    """A request as its endpoint wants it.

    `close` must be called when its answer is complete: files of the request are there until then.
    """

    __slots__ = ("files", "request")

    def __init__(self, request: BaseModel, files: RequestFiles | None = None) -> None:
        self.request = request
        self.files = files

    def close(self) -> None:
        """Remove the request's files."""
        if self.files is not None:
            self.files.close()


class InputReader:
    """Reads the requests of one endpoint."""

    def __init__(self, signature: Signature) -> None:
        self._validate_json = signature.request_model.__pydantic_validator__.validate_json
        self._forms = FormReader(signature)
        self.apply_rules(RequestRules())

    def apply_rules(self, rules: RequestRules) -> None:
        """Take over other rules; a request that has begun keeps its own."""
        self._rules = rules
        # One context serves all requests without files: validating is one step of the event loop.
        self._shared = _context(rules, [])
        whole = rules.max_body_bytes < rules.max_json_bytes
        self._max_json = (rules.max_body_bytes, body_too_large) if whole else (rules.max_json_bytes, json_too_large)

    async def read(self, scope: Scope, receive: Receive) -> Received:
        """Read and validate.

        Raises:
            ValidationError: what came is no JSON, or does not fit.
            RequestRefused: a media type, an encoding, a size, a file or a URL that is not taken.
            ClientGone: the client went away.
        """
        rules, context = self._rules, self._shared
        media_type, content_type = _check_headers(scope, rules)
        if media_type == JSON:
            request = self._validated(await read(receive, *self._max_json), rules, context)
            return await _fetched(request, context, rules) if context.pending else Received(request)
        if media_type == URLENCODED:
            form = await forms.read_urlencoded(receive, rules, self._forms.hint)
            document = form if isinstance(form, bytes) else self._forms.document(form, rules.max_json_depth)[0]
            return await _fetched(self._validated(document, rules, context), context, rules)
        if media_type != MULTIPART:
            raise unsupported_media_type(
                f"media type {media_type[:80].decode('latin-1')}", "Send application/json, or a form: -F body='{…}'."
            )
        files = RequestFiles(rules.max_memory_bytes)
        try:
            form = await forms.read_multipart(content_type, receive, rules, files, self._forms.uploads)
            document, uploads = self._forms.document(form, rules.max_json_depth)
            context = _context(rules, uploads)
            return await _fetched(self._validated(document, rules, context), context, rules, files)
        except BaseException:
            files.close()
            raise

    def _validated(self, document: bytes, rules: RequestRules, context: InputContext) -> BaseModel:
        check_depth(document, rules.max_json_depth)
        if context.pending:
            context.pending = []  # of a request that was refused
        request: BaseModel = self._validate_json(document or b"{}", context=context)
        return request


def _context(rules: RequestRules, uploads: list[Upload]) -> InputContext:
    return InputContext(
        uploads=uploads,
        urls=rules.urls != "off",
        folders=tuple(map(Path, rules.paths)),
        max_image_pixels=rules.max_image_pixels,
    )


async def _fetched(
    request: BaseModel, context: InputContext, rules: RequestRules, files: RequestFiles | None = None
) -> Received:
    """The request once all that it names by URL is there."""
    if not context.pending:
        return Received(request, files)
    from aanad.serving.inputs.fetching import fetch_all

    pending, context.pending = context.pending, []
    files = files or RequestFiles(rules.max_memory_bytes)
    try:
        await fetch_all(pending, request, rules, files)
    except BaseException:
        files.close()
        raise
    return Received(request, files)


def _check_headers(scope: Scope, rules: RequestRules) -> tuple[bytes, bytes]:
    """The media type alone, JSON where none is said, and with its parameters; length and encoding are acceptable."""
    content_type = b""
    length = 0
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value
        elif name == b"content-length":
            length = int(value) if value.isdigit() else 0
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise unsupported_media_type(
                f"content encoding {value[:80].decode('latin-1')}", "Send the body uncompressed."
            )
    if length > rules.max_body_bytes:
        raise body_too_large(rules.max_body_bytes)
    media_type = JSON
    if content_type not in {JSON, b""}:
        media_type = _media_type(content_type)
    if length > rules.max_json_bytes and media_type in {JSON, URLENCODED}:
        raise json_too_large(rules.max_json_bytes)
    return media_type, content_type


def _media_type(content_type: bytes) -> bytes:
    media_type, _, parameters = content_type.partition(b";")
    media_type = media_type.strip().lower()
    if media_type.startswith(b"application/") and media_type.endswith(b"+json"):
        media_type = JSON
    if parameters and media_type != MULTIPART:
        key, _, charset = parameters.strip().lower().partition(b"=")
        if key.strip() == b"charset" and charset.strip().strip(b'"') not in _CHARSETS:
            raise unsupported_media_type(f"charset {charset[:40].decode('latin-1')}", "Send UTF-8.")
    return media_type or JSON
