"""Which parameters take files, and bytes in JSON."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from aanad.sdk.models import File, Image
from aanad.sdk.models.inputs import InputContext, Upload
from aanad.sdk.signature import Signature
from aanad.sdk.upload_fields import UploadField, upload_field

FIELDS = [
    (Image, UploadField((Image,))),
    (bytes, UploadField((bytes,))),
    (Image | None, UploadField((Image,))),
    (typing.Optional[File], UploadField((File,))),  # noqa: UP045
    (Annotated[Image, Field(description="d")], UploadField((Image,))),
    (list[Image], UploadField((Image,), many=True)),
    (list[Annotated[bytes, Field(max_length=9)]] | None, UploadField((bytes,), many=True)),
    (Sequence[File], UploadField((File,), many=True)),
    (tuple[Image, ...], UploadField((Image,), many=True)),
    (Image | File, UploadField((Image, File))),
    (Image | str, UploadField((Image,))),
    (str, None),
    (Any, None),
    (list[str], None),
    (dict[str, Image], None),
    (tuple[Image, Image], None),
    (list, None),
]


@pytest.mark.parametrize(("annotation", "field"), FIELDS)
def test_the_annotation_says_what_files_a_parameter_takes(annotation: Any, field: UploadField | None) -> None:
    """Media and bytes do, alone, optional or in a list."""
    assert field == upload_field(annotation)


@pytest.mark.parametrize(
    ("field", "media_type", "takes"),
    [
        (UploadField((Image,)), "image/png", True),
        (UploadField((Image,)), "IMAGE/PNG; q=1", True),
        (UploadField((Image,)), "application/octet-stream", True),
        (UploadField((Image,)), None, True),
        (UploadField((Image,)), "text/plain", False),
        (UploadField((Image, File)), "text/plain", True),
        (UploadField((bytes,)), "text/plain", True),
    ],
)
def test_a_file_of_another_kind_is_not_taken(field: UploadField, media_type: str | None, takes: bool) -> None:
    """One whose type says nothing is looked at later."""
    assert takes == field.takes(media_type)


async def run(self, data: bytes, short: Annotated[bytes, Field(max_length=4)] = b"", more: list[bytes] | None = None):
    """Takes bytes in each way."""


SIGNATURE = Signature("e", run)


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        ('{"data": "aGk="}', "data", b"hi"),
        ('{"data": "_-8="}', "data", b"\xff\xef"),
        ('{"data": "/+8="}', "data", b"\xff\xef"),
        ('{"data": ""}', "data", b""),
        ('{"data": {"upload": 0}}', "data", b"sent"),
        ('{"data": "", "short": "AAAAAA=="}', "short", b"\0\0\0\0"),
        ('{"data": "", "more": ["aGk=", {"upload": 0}]}', "more", [b"hi", b"sent"]),
    ],
)
def test_bytes_are_base64_or_a_file(document: str, field: str, value: object) -> None:
    """Of either alphabet."""
    request = SIGNATURE.request_model.model_validate_json(document, context=InputContext(uploads=[Upload(b"sent")]))

    assert value == getattr(request, field)


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ('{"data": "a"}', "bytes_base64"),
        ('{"data": "ä"}', "bytes_base64"),
        ('{"data": 3}', "bytes_type"),
        ('{"data": {"upload": 1}}', "no_such_upload"),
        ('{"data": {"upload": -1}}', "no_such_upload"),
        ('{"data": {"upload": "0"}}', "no_such_upload"),
        ('{"data": "", "short": "AAAAAAA="}', "bytes_too_long"),
    ],
)
def test_what_are_no_bytes_is_refused(document: str, kind: str) -> None:
    """Limits of length are of the bytes."""
    with pytest.raises(ValidationError) as caught:
        SIGNATURE.request_model.model_validate_json(document, context=InputContext(uploads=[Upload(b"sent")]))

    assert [kind] == [error["type"] for error in caught.value.errors()]


def test_the_schema_says_base64() -> None:
    """With limits counted in its characters."""
    properties = SIGNATURE.request_schema()["properties"]

    pattern = properties["data"]["pattern"]
    assert {"title": "Data", "type": "string", "contentEncoding": "base64", "pattern": pattern} == properties["data"]
    assert 8 == properties["short"]["maxLength"]


@pytest.mark.parametrize("text", ["", "QQ==", "QUI=", "QU_-", "QQ", "QQ=", "=", "Q Q=", "QUJD="])
def test_the_schema_s_pattern_of_base64_is_true(text: str) -> None:
    """What it does not match is refused, and the other way round."""
    try:
        SIGNATURE.request_model.model_validate_json(json.dumps({"data": text}))
        is_taken = True
    except ValidationError:
        is_taken = False

    assert is_taken == bool(re.search(SIGNATURE.request_schema()["properties"]["data"]["pattern"], text))
