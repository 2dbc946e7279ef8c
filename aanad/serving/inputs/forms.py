"""Forms: their fields as text, their files written while they arrive."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import python_multipart
from python_multipart.exceptions import FormParserError

from aanad.serving.inputs.json_bodies import read
from aanad.serving.inputs.refusals import (
    ClientGone,
    bad_form,
    body_too_large,
    form_hint,
    json_too_large,
    stalled,
    too_many_parts,
    wrong_file,
    wrong_form,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from python_multipart.multipart import MultipartCallbacks

    from aanad.sdk.models.inputs import Upload
    from aanad.sdk.upload_fields import UploadField
    from aanad.serving.asgi import Message, Receive
    from aanad.serving.inputs.files import RequestFile, RequestFiles
    from aanad.wire.requests import RequestRules

STALLED_S = 60.0
"""How long a form that holds files may send nothing."""
MAX_PARTS = 1000
MAX_PART_HEADERS = 8
MAX_HEADER_BYTES = 4096
BODY = "body"


@dataclass
class Form:
    """What came, in the order in which it came."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, Upload]] = field(default_factory=list)


async def read_urlencoded(receive: Receive, rules: RequestRules, hint: str) -> bytes | Form:
    """A form without files; JSON where ``curl -d '{…}'`` calls it a form, which it does without a content type.

    Raises:
        RequestRefused: it is no form, or too large.
    """
    body = await read(receive, rules.max_json_bytes, json_too_large)
    if body.lstrip()[:1] in {b"{", b"["}:
        return body
    if body.count(b"&") >= MAX_PARTS:
        raise too_many_parts(MAX_PARTS)
    try:
        return Form(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body)))
    except ValueError as error:  # UnicodeDecodeError is one
        raise bad_form(str(error), hint) from error


async def read_multipart(
    content_type: bytes, receive: Receive, rules: RequestRules, files: RequestFiles, uploads: Mapping[str, UploadField]
) -> Form:
    """A form with files, for the parameters of `uploads`; each goes to `files` as it comes.

    Raises:
        RequestRefused: it is no form, is too large, or has a file that nobody takes.
        ClientGone: the client went away.
    """
    hint = form_hint((), uploads)
    _, options = python_multipart.multipart.parse_options_header(content_type.decode("latin-1"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise bad_form("its content type has no boundary", hint)
    parts = _Parts(rules, files, uploads)
    try:
        parser = python_multipart.MultipartParser(
            boundary, parts.callbacks(), max_header_count=MAX_PART_HEADERS, max_header_size=MAX_HEADER_BYTES
        )
        size, more = 0, True
        while more:
            message = await _next(receive)
            if message["type"] == "http.disconnect":
                raise ClientGone
            data: bytes = message.get("body", b"")
            size += len(data)
            if size > rules.max_body_bytes:
                raise body_too_large(rules.max_body_bytes)
            parser.write(data)
            more = message.get("more_body", False)
    except (FormParserError, UnicodeError) as error:
        raise bad_form(str(error) or type(error).__name__, hint) from error
    if not parts.is_complete:
        raise bad_form("it ends before its last boundary", hint)
    return parts.form


async def _next(receive: Receive) -> Message:
    try:
        async with asyncio.timeout(STALLED_S):
            return await receive()
    except TimeoutError as error:
        raise stalled(STALLED_S) from error


class _Parts:
    """Listens to the parser, which tells of each part's beginning, headers, bytes and end."""

    def __init__(self, rules: RequestRules, files: RequestFiles, uploads: Mapping[str, UploadField]) -> None:
        self._rules = rules
        self._files = files
        self._uploads = uploads
        self.form = Form()
        self.is_complete = False
        self._count = 0
        self._text_bytes = 0
        self._begin()

    def callbacks(self) -> MultipartCallbacks:
        """For the parser."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._complete,
        }

    def _begin(self) -> None:
        self._name = ""
        self._filename: str | None = None
        self._headers: dict[bytes, bytes] = {}
        self._header = b""
        self._value = b""
        self._text = bytearray()
        self._file: RequestFile | None = None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _headers_finished(self) -> None:
        self._count += 1
        if self._count > MAX_PARTS:
            raise too_many_parts(MAX_PARTS)
        # Names are UTF-8 in browsers, curl and httpx; the header parser knows text only as Latin-1.
        disposition = self._headers.get(b"content-disposition", b"").decode("latin-1")
        _, options = python_multipart.multipart.parse_options_header(disposition)
        if b"name" not in options:
            raise bad_form("a part of it has no name", form_hint((), self._uploads))
        self._name = options[b"name"].decode()
        if b"filename" not in options:
            return
        self._filename = options[b"filename"].decode(errors="replace") or None
        if self._name in self._uploads:
            self._check_media_type(self._uploads[self._name])
        elif self._name != BODY:
            hint = f"This endpoint takes files for: {', '.join(self._uploads)}." if self._uploads else None
            raise wrong_form(
                f"The form has a file {self._name[:80]!r}, and this endpoint takes none"
                + (" of that name." if self._uploads else "."),
                hint or "Send the JSON in the field 'body' only.",
                code="unexpected_file",
                field=self._name[:80],
            )
        else:
            return  # -F body=@request.json is a file to curl, and JSON to us
        self._file = self._files.add()

    def _check_media_type(self, field: UploadField) -> None:
        media_type = self._media_type()
        if media_type is not None and not field.takes(media_type):
            raise wrong_file(self._name, media_type[:80], field)

    def _media_type(self) -> str | None:
        return self._headers.get(b"content-type", b"").decode("latin-1").strip() or None

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])
            return
        self._text_bytes += end - start
        if self._text_bytes > self._rules.max_json_bytes:
            raise json_too_large(self._rules.max_json_bytes)
        self._text += data[start:end]

    def _end(self) -> None:
        if self._file is not None:
            self.form.files.append((self._name, self._file.finish(self._filename, self._media_type())))
        else:
            self.form.fields.append((self._name, self._text.decode()))

    def _complete(self) -> None:
        self.is_complete = True
