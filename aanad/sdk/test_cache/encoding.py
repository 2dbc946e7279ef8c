"""Python values as JSON that says what they were, with large content in files beside it.

Plain JSON stands for itself. Anything else is an object with the key ``$``, which says its kind::

    {"$": "model", "type": "captions.deployments:Caption", "fields": {"text": "a dog"}}

* `tuple`, `set`, `frozenset`, `dict` (keys that are no strings), `float` (nan and infinities), `bytes`
* `value`: dates, times, durations, decimals, UUIDs, paths, complex numbers
* `enum`, `model` (pydantic), `dataclass`, `namedtuple`
* `scalar`, `array` (numpy), `tensor` (torch), `pil` (an image of PIL), `media` (of `aanad.sdk.models`)

Arguments are written the same way, but of content only its SHA-256 is kept: that is all a key needs.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import json
import math
import mimetypes
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from aanad.sdk.models.media import Media
from aanad.sdk.test_cache.known_types import type_name
from aanad.sdk.test_cache.problems import NotRecordable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aanad.sdk.test_cache.known_types import KnownTypes

KIND = "$"
INLINE_BYTES = 64
INLINE_ITEMS = 16
_DURATION = TypeAdapter(timedelta)
TEXT_VALUES: dict[type, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    datetime: (datetime.isoformat, datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
    time: (time.isoformat, time.fromisoformat),
    timedelta: (lambda value: str(_DURATION.dump_python(value, mode="json")), _DURATION.validate_python),
    Decimal: (str, Decimal),
    UUID: (str, UUID),
    Path: (str, Path),
    complex: (str, complex),
}
"""What is written as text: how, and how it is read."""
PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
"""Modes of PIL that a PNG keeps as they are."""


class Encoder:
    """Writes the arguments of a call; content is only summed up."""

    def encode(self, value: Any) -> Any:
        """`value` as JSON.

        Raises:
            NotRecordable: there is no way to write it.
        """
        match value:
            case None | bool() | str() | int() | float() if type(value) in {type(None), bool, str, int, float}:
                return self._number(value) if isinstance(value, float) else value
            case list() if type(value) is list:
                return [self.encode(item) for item in value]
            case dict() if type(value) is dict:
                return self._dict(value)
        for write in (self._plain, self._typed, self._numeric, self._content):
            found = write(value)
            if found is not None:
                return found
        raise NotRecordable(
            f"A {type(value).__module__}.{type(value).__qualname__} cannot be recorded.",
            hint="Use plain values, pydantic models, dataclasses, enums, numpy arrays, tensors or aanad.sdk.models.",
        )

    def blob(self, fingerprint: bytes, content: Callable[[], bytes], suffix: str) -> dict[str, Any]:
        """What stands for a file's content in the JSON."""
        del content, suffix
        return {"sha256": hashlib.sha256(fingerprint).hexdigest()}

    def name_of(self, cls: type) -> str:
        """What a type is called."""
        return type_name(cls)

    def _number(self, value: float) -> Any:
        return value if math.isfinite(value) else {KIND: "float", "value": repr(value)}

    def _dict(self, value: Mapping[Any, Any]) -> Any:
        if all(type(key) is str for key in value) and KIND not in value:
            return {key: self.encode(value[key]) for key in self.ordered(value)}
        items = [[self.encode(key), self.encode(item)] for key, item in value.items()]
        return {KIND: "dict", "items": self.ordered(items)}

    def ordered(self, keys: Iterable[Any]) -> list[Any]:
        """Keys or items of a dictionary: their order makes no difference for a call."""
        return sorted(keys, key=canonical)

    def _fields(self, kind: str, value: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
        encoded = {name: self.encode(item) for name, item in fields.items()}
        return {KIND: kind, "type": self.name_of(type(value)), "fields": encoded}

    def _plain(self, value: Any) -> Any:
        match value:
            case tuple() if type(value) is tuple:
                return {KIND: "tuple", "items": [self.encode(item) for item in value]}
            case set() | frozenset():
                items = sorted((self.encode(item) for item in value), key=canonical)
                return {KIND: type(value).__name__, "items": items}
            case bytes() | bytearray() | memoryview():
                return self._bytes(bytes(value))
        cls = Path if isinstance(value, Path) else type(value)
        if cls in TEXT_VALUES:
            return {KIND: "value", "type": cls.__name__, "text": TEXT_VALUES[cls][0](value)}
        return None

    def _bytes(self, value: bytes) -> dict[str, Any]:
        if len(value) <= INLINE_BYTES:
            return {KIND: "bytes", "base64": base64.b64encode(value).decode()}
        return {KIND: "bytes", "size": len(value), **self.blob(value, lambda: value, ".bin")}

    def _typed(self, value: Any) -> Any:
        match value:
            case Enum():
                return {KIND: "enum", "type": self.name_of(type(value)), "name": value.name}
            case Media():
                return self._media(value)
            case BaseModel():
                extra = value.__pydantic_extra__ or {}
                written = self._fields("model", value, {**value.__dict__, **extra})
                return {**written, "set": sorted(value.model_fields_set)}
            case tuple() if hasattr(value, "_asdict"):
                return self._fields("namedtuple", value, value._asdict())
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return self._fields("dataclass", value, fields)
        return None

    def _numeric(self, value: Any) -> Any:
        """Numpy and torch: only where they are loaded can there be such a value."""
        numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
        if numpy is not None and isinstance(value, numpy.generic):
            if isinstance(value, (numpy.bool, numpy.integer, numpy.floating)) and value.dtype.itemsize <= 8:  # noqa: PLR2004 - Python's own numbers hold no more
                return {KIND: "scalar", "dtype": str(value.dtype), "value": self.encode(value.item())}
            return {**self._array(numpy.asarray(value)), KIND: "scalar"}
        if numpy is not None and isinstance(value, numpy.ndarray):
            return self._array(value)
        if torch is not None and isinstance(value, torch.Tensor):
            return self._tensor(value, torch)
        return None

    def _tensor(self, value: Any, torch: Any) -> dict[str, Any]:
        """On the CPU, without its gradient; what numpy has no type for is widened, and narrowed again on replay."""
        tensor = value.detach().cpu()
        written = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
        try:
            array = written.numpy()
        except (RuntimeError, TypeError) as error:
            raise NotRecordable(
                f"A tensor of {tensor.dtype} cannot be recorded: {error}.", hint="Convert it to another dtype first."
            ) from error
        return {**self._array(array), KIND: "tensor", "torch_dtype": str(tensor.dtype).removeprefix("torch.")}

    def _array(self, value: Any) -> dict[str, Any]:
        import numpy as np

        if value.dtype.hasobject:
            raise NotRecordable(
                "An array of Python objects cannot be recorded.", hint="Give it a dtype of numbers, or make it a list."
            )
        summary = {KIND: "array", "dtype": str(value.dtype), "shape": list(value.shape)}
        if value.size <= INLINE_ITEMS and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8:  # noqa: PLR2004 - as above
            return {**summary, "values": self.encode(value.tolist())}
        buffer = io.BytesIO()
        np.save(buffer, value, allow_pickle=False)
        return {**summary, **self.blob(buffer.getvalue(), buffer.getvalue, ".npy")}

    def _content(self, value: Any) -> Any:
        pil = sys.modules.get("PIL.Image")
        if pil is None or not isinstance(value, pil.Image):
            return None
        summary = {KIND: "pil", "mode": value.mode, "size": list(value.size)}
        pixels = value.tobytes()
        palette = json.dumps(value.getpalette()).encode() if value.mode == "P" else b""
        if value.mode not in PNG_MODES:
            return {**summary, **self.blob(pixels, lambda: pixels, ".bin")}

        def png() -> bytes:
            buffer = io.BytesIO()
            value.save(buffer, "PNG")
            return buffer.getvalue()

        return {**summary, **self.blob(pixels + palette, png, ".png")}

    def _media(self, value: Any) -> dict[str, Any]:
        content: bytes = value.read()
        media_type = getattr(value, "media_type", None) or value.default_media_type
        kept = self.blob(content, lambda: content, _suffix(media_type))
        return {KIND: "media", "type": self.name_of(type(value)), "size": len(content), **kept}


class ResultEncoder(Encoder):
    """Writes what a method gave: types that can be found again, content in files.

    Attributes:
        files: what goes beside the JSON, by name.
    """

    def __init__(self, types: KnownTypes, stem: str) -> None:
        self._types = types
        self._stem = stem
        self.files: dict[str, bytes] = {}

    def blob(self, fingerprint: bytes, content: Callable[[], bytes], suffix: str) -> dict[str, Any]:
        """Keep a file, named by what is in it: two recorders never overwrite each other's."""
        data = content()
        name = f"{self._stem}.{hashlib.sha256(fingerprint).hexdigest()[:8]}{suffix}"
        self.files[name] = data
        return {"file": name, "sha256": hashlib.sha256(data).hexdigest()}

    def ordered(self, keys: Iterable[Any]) -> list[Any]:
        """As they are: labels with the likeliest first, say."""
        return list(keys)

    def name_of(self, cls: type) -> str:
        """What a type is called, if a recording may name it."""
        return self._types.name_of(cls)

    def _media(self, value: Any) -> dict[str, Any]:
        known = {name: getattr(value, name, None) for name in ("media_type", "filename", "media_id")}
        return {**super()._media(value), **{name: text for name, text in known.items() if text is not None}}


def canonical(value: Any) -> str:
    """The one text of a JSON value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _suffix(media_type: str) -> str:
    known = {"audio/wav": ".wav", "audio/x-wav": ".wav", "image/webp": ".webp", "audio/flac": ".flac"}
    return known.get(media_type) or mimetypes.guess_extension(media_type) or ".bin"
