"""Which parameters of an endpoint take the files of a form, and how ``bytes`` come out of JSON."""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from aanad.sdk.models import media_types
from aanad.sdk.models.data_url import strict_base64
from aanad.sdk.models.inputs import InputContext
from aanad.sdk.models.media import Media

_LISTS = (list, tuple, set, frozenset, Sequence)
_ANYTHING = ("*/*",)
_DIGIT = "[A-Za-z0-9+/_-]"
BASE64_PATTERN = f"^(?:{_DIGIT}{{4}})*(?:{_DIGIT}{{2}}==|{_DIGIT}{{3}}=)?$"
"""What ``bytes`` are in JSON; the alphabet may be that of URLs."""


@dataclass(frozen=True)
class UploadField:
    """What a parameter takes as files.

    Attributes:
        kinds: `bytes` and subclasses of `Media`.
        many: whether several files of the same name are taken.
    """

    kinds: tuple[type, ...]
    many: bool = False

    @property
    def media_types(self) -> tuple[str, ...]:
        """What its files may be, ``image/*`` say."""
        found: list[str] = []
        for kind in self.kinds:
            found += kind.accepted_media_types if issubclass(kind, Media) else _ANYTHING
        return tuple(dict.fromkeys(found))

    def takes(self, media_type: str | None) -> bool:
        """Whether a file of this media type may be what is wanted; one whose type says nothing may."""
        plain = media_types.essence(media_type)
        return plain in media_types.GENERIC or media_types.matches(plain, self.media_types)


def upload_field(annotation: Any) -> UploadField | None:
    """What a parameter of this type takes as files; None where it takes none."""
    if inspect.isclass(annotation) and not get_args(annotation):
        return UploadField((annotation,)) if issubclass(annotation, (Media, bytes)) else None
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return upload_field(args[0])
    if origin in {Union, types.UnionType}:
        found = [field for field in map(upload_field, args) if field is not None]
        kinds = tuple(kind for field in found for kind in field.kinds)
        return UploadField(kinds, any(field.many for field in found)) if found else None
    if origin in _LISTS and args and (origin is not tuple or args[1:] == (Ellipsis,)):
        item = upload_field(args[0])
        return UploadField(item.kinds, many=True) if item is not None else None
    return None


def with_bytes(annotation: Any) -> Any:
    """Rebuild the type of a parameter so that its ``bytes`` are base64 in JSON, or a file of the form."""
    if annotation is bytes:
        return Annotated[bytes, BeforeValidator(_bytes)]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        if args[0] is bytes:  # what the author says of its length is said of the bytes
            return Annotated[bytes, *annotation.__metadata__, BeforeValidator(_bytes)]
        return Annotated[with_bytes(args[0]), *annotation.__metadata__]
    if origin in {Union, types.UnionType}:
        parts = [with_bytes(part) for part in args]
        return Union[tuple(parts)] if parts != list(args) else annotation  # noqa: UP007 - made while it runs
    if origin in _LISTS and bytes in args:
        return origin[tuple(with_bytes(part) for part in args)]
    return annotation


def _bytes(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, dict) and value.keys() == {"upload"} and isinstance(info.context, InputContext):
        number, uploads = value["upload"], info.context.uploads
        if not isinstance(number, int) or not 0 <= number < len(uploads):
            raise PydanticCustomError("no_such_upload", "The form has no such file")
        upload = uploads[number]
        return upload.content if upload.path is None else upload.path.read_bytes()
    if isinstance(value, str) and info.mode == "json":
        try:
            return strict_base64(value.translate(_URL_SAFE))
        except ValueError as error:
            raise PydanticCustomError("bytes_base64", "Input should be base64") from error
    return value


_URL_SAFE = str.maketrans("-_", "+/")
