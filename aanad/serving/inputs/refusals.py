"""What is said of a body that is not taken."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aanad.serving.problems import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.sdk.upload_fields import UploadField

_MIB = 1024 * 1024


class ClientGone(Exception):
    """The client closed the connection before its request was complete; nobody waits for an answer."""


def size(count: int) -> str:
    """Bytes, as a person reads them."""
    return f"{count / _MIB:.4g} MiB" if count >= _MIB else f"{count} bytes"


def body_too_large(limit: int) -> RequestRefused:
    """The whole request."""
    return RequestRefused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"The body is larger than {size(limit)}.",
        hint="Send less at once; the operator's limit is requests.max_body_bytes.",
    )


def json_too_large(limit: int) -> RequestRefused:
    """JSON and the fields of a form."""
    return RequestRefused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "json_too_large",
        f"The JSON of the request is larger than {size(limit)}.",
        hint="Send what is large as files of a form; the operator's limit is requests.max_json_bytes.",
    )


def json_too_deep(limit: int) -> RequestRefused:
    """Lists in lists in lists."""
    return RequestRefused(
        HTTPStatus.BAD_REQUEST,
        "json_too_deep",
        f"The JSON is nested deeper than {limit} levels.",
        hint="Nest less; the operator's limit is requests.max_json_depth.",
    )


def too_many_parts(limit: int) -> RequestRefused:
    """Fields and files of a form."""
    return RequestRefused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_many_parts",
        f"The form has more than {limit} fields and files.",
        hint="Send fewer at once.",
    )


def unsupported_media_type(what: str, hint: str) -> RequestRefused:
    """A media type, an encoding or a charset of the body."""
    return RequestRefused(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", f"The {what} is not taken.", hint=hint
    )


def wrong_file(name: str, media_type: str, field: UploadField) -> RequestRefused:
    """A file that is not of the kind that its parameter takes."""
    return RequestRefused(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "media_type_not_accepted",
        f"{name}: {media_type} is not taken.",
        hint=f"Its files are {' or '.join(field.media_types)}.",
        field=name,
    )


def bad_form(reason: str, hint: str) -> RequestRefused:
    """A form that cannot be read."""
    return RequestRefused(
        HTTPStatus.BAD_REQUEST, "invalid_form", f"The form cannot be read: {reason.rstrip('.')}.", hint=hint
    )


def wrong_form(message: str, hint: str, *, code: str = "invalid_request", field: str | None = None) -> RequestRefused:
    """A form that can be read, with what this endpoint does not take."""
    return RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, code, message, hint=hint, field=field)


def form_hint(fields: Iterable[str], files: Iterable[str]) -> str:
    """What the form of an endpoint may have."""
    names, uploads = list(fields), list(files)
    told = f" Fields: {', '.join(names)}." if names else ""
    told += f" Files: {', '.join(uploads)} (-F {uploads[0]}=@file)." if uploads else ""
    return f"A form has the JSON in its field 'body' (-F body='{{…}}'), or a field for each parameter.{told}"


def stalled(seconds: float) -> RequestRefused:
    """A body of which nothing more comes."""
    return RequestRefused(
        HTTPStatus.REQUEST_TIMEOUT,
        "upload_stalled",
        f"Nothing more of the request came for {seconds:g} s.",
        hint="Send it again, over a connection that holds.",
    )


def too_many_urls(limit: int) -> RequestRefused:
    """Media by URL."""
    return RequestRefused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_many_urls",
        f"The request has more than {limit} URLs to fetch.",
        hint="Send fewer at once.",
    )


def storage_full() -> RequestRefused:
    """No room for the files of a request."""
    return RequestRefused(
        HTTPStatus.INSUFFICIENT_STORAGE,
        "storage_full",
        "There is no room on the server's disk for the files of this request.",
        hint="Try again later; the operator frees disk space, or points TMPDIR elsewhere.",
    )
