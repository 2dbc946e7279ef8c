"""Reads a request's body, by its media type, into the validated request of one endpoint."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Received:
    """A request as its endpoint wants it.

    `close` must be called when its answer is complete: files of the request are there until then.
    """

    request: BaseModel
    files: RequestFiles | None = None

    def close(self) -> None:
        """Remove the request's files."""
        if self.files is not None:
            self.files.close()


class InputReader:
    """Reads the requests of one endpoint.

    Attributes:
        rules: may be replaced at any time; a request keeps those that it began with.
    """

    def __init__(self, signature: Signature) -> None:
        self.rules = RequestRules()
        self._validate_json = signature.request_model.__pydantic_validator__.validate_json
        self._forms = FormReader(signature)

    async def read(self, scope: Scope, receive: Receive) -> Received:
        """Read and validate.

        Raises:
            ValidationError: what came is no JSON, or does not fit.
            RequestRefused: a media type, an encoding, a size, a file or a URL that is not taken.
            ClientGone: the client went away.
        """
        rules = self.rules
        media_type, content_type, length = _check_headers(scope, rules)
        if media_type == JSON or not media_type or (media_type[:12] == b"application/" and media_type[-5:] == b"+json"):
            if length > rules.max_json_bytes:
                raise json_too_large(rules.max_json_bytes)
            return await self._received(await _read_json(receive, rules), [], rules)
        if media_type == URLENCODED:
            form = await forms.read_urlencoded(receive, rules, self._forms.hint)
            document = form if isinstance(form, bytes) else self._forms.document(form, rules.max_json_depth)[0]
            return await self._received(document, [], rules)
        if media_type != MULTIPART:
            raise unsupported_media_type(
                f"media type {media_type[:80].decode('latin-1')}", "Send application/json, or a form: -F body='{…}'."
            )
        files = RequestFiles(rules.max_memory_bytes)
        try:
            form = await forms.read_multipart(content_type, receive, rules, files, self._forms.uploads)
            document, uploads = self._forms.document(form, rules.max_json_depth)
            return await self._received(document, uploads, rules, files)
        except BaseException:
            files.close()
            raise

    async def _received(
        self, document: bytes, uploads: list[Upload], rules: RequestRules, files: RequestFiles | None = None
    ) -> Received:
        document = document or b"{}"
        check_depth(document, rules.max_json_depth)
        context = InputContext(
            uploads=uploads,
            urls=rules.urls != "off",
            folders=tuple(map(Path, rules.paths)),
            max_image_pixels=rules.max_image_pixels,
        )
        request = self._validate_json(document, context=context)
        if context.pending:
            from aanad.serving.inputs.fetching import fetch_all

            files = files or RequestFiles(rules.max_memory_bytes)
            try:
                await fetch_all(context.pending, request, rules, files)
            except BaseException:
                files.close()
                raise
        return Received(request, files)


def _check_headers(scope: Scope, rules: RequestRules) -> tuple[bytes, bytes, int]:
    """The media type alone and with its parameters, and the length, once they are seen to be acceptable."""
    content_type = b""
    length = 0
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value
        elif name == b"content-length":
            length = int(value) if value.isdigit() else 0
            if length > rules.max_body_bytes:
                raise body_too_large(rules.max_body_bytes)
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise unsupported_media_type(
                f"content encoding {value[:80].decode('latin-1')}", "Send the body uncompressed."
            )
    media_type, _, parameters = content_type.partition(b";")
    media_type = media_type.strip().lower()
    if parameters and media_type != MULTIPART:
        key, _, charset = parameters.strip().lower().partition(b"=")
        if key.strip() == b"charset" and charset.strip().strip(b'"') not in _CHARSETS:
            raise unsupported_media_type(f"charset {charset[:40].decode('latin-1')}", "Send UTF-8.")
    return media_type, content_type, length


async def _read_json(receive: Receive, rules: RequestRules) -> bytes:
    if rules.max_body_bytes < rules.max_json_bytes:
        return await read(receive, rules.max_body_bytes, body_too_large)
    return await read(receive, rules.max_json_bytes, json_too_large)
