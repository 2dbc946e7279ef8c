"""A project's secrets while it is imported: read from a header, handed on in memory, hidden in what goes back."""

from __future__ import annotations

import base64
import binascii
import json
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from aanad.errors import InvalidInput
from aanad.wire.secrets import SecretName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aanad.wire.manifest import LoadFailure

HEADER = "aana-secrets"
HIDDEN = "***"
SHORTEST_HIDDEN = 4
"""Shorter values would make holes into every text, and are nothing to guess."""
_OBJECT = TypeAdapter(dict[SecretName, str])


def read(header: str | None) -> dict[str, str]:
    """The variables in a header; none where there is no header.

    Raises:
        InvalidInput: it is no such thing. What it held is not repeated.
    """
    if header is None:
        return {}
    try:
        secrets = _OBJECT.validate_json(base64.b64decode(header, validate=True), strict=True)
    except (ValidationError, binascii.Error, ValueError):
        secrets = None
    if secrets is None or any("\0" in value for value in secrets.values()):
        raise InvalidInput(
            "The header Aana-Secrets holds no variables.",
            hint="It must be a JSON object of strings in base64; names have letters, digits and underscores.",
        )
    return secrets


def descriptor(secrets: Mapping[str, str]) -> int:
    """A file in memory that holds the variables; a child reads it by its number, and nobody by a name."""
    number = os.memfd_create("variables", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(number), "w", encoding="utf-8", errors="surrogatepass") as file:
        json.dump(dict(secrets), file)
    os.lseek(number, 0, os.SEEK_SET)
    return number


def hide(failure: LoadFailure, values: Iterable[str]) -> LoadFailure:
    """The failure without these values, also where they are quoted, escaped or broken into lines."""
    forms = sorted({form for value in values for form in _forms(value)}, key=len, reverse=True)

    def hidden(text: str) -> str:
        for form in forms:
            text = text.replace(form, HIDDEN)
        return text

    return failure.model_copy(
        update={
            "message": hidden(failure.message),
            "hint": hidden(failure.hint),
            "traceback": [hidden(line) for line in failure.traceback],
        }
    )


def _forms(value: str) -> set[str]:
    forms = {value, value.strip(), repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe=""), quote(value)}
    forms |= {line.strip() for line in value.splitlines()}
    return {form for form in forms if len(form) >= SHORTEST_HIDDEN}
