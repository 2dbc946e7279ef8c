"""From a recording's JSON back to what was recorded; nothing of it is ever run."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, RootModel, ValidationError

from aanad.sdk.models.media import Media
from aanad.sdk.test_cache.encoding import KIND, PNG_MODES, TEXT_VALUES
from aanad.sdk.test_cache.problems import RecordingInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from aanad.sdk.test_cache.known_types import KnownTypes

_AGAIN = "Restore the file, or record the call again."


class Decoder:
    """Reads values back.

    Args:
        types: which types may be named.
        read: gives the content of a file beside the recording.
    """

    def __init__(self, types: KnownTypes, read: Callable[[str], bytes]) -> None:
        self._types = types
        self._read = read

    def decode(self, value: Any) -> Any:
        """The value that was recorded as this JSON.

        Raises:
            RecordingInvalid: it is none that `encoding` writes, or its file is not there or not the same.
        """
        match value:
            case list():
                return [self.decode(item) for item in value]
            case dict() if KIND in value:
                return self._tagged(value)
            case dict():
                return {key: self.decode(item) for key, item in value.items()}
        return value

    def _tagged(self, value: dict[str, Any]) -> Any:
        kind = value[KIND]
        read = getattr(self, f"_{kind}", None) if isinstance(kind, str) and kind in _KINDS else None
        if read is None:
            raise RecordingInvalid(f"There is no kind of value {kind!r}.", hint=_AGAIN)
        try:
            return read(value)
        except (KeyError, TypeError, ValueError, ValidationError, AttributeError, StopIteration) as error:
            raise RecordingInvalid(
                f"A value of the kind {kind} cannot be read: {type(error).__name__}: {error}.", hint=_AGAIN
            ) from error

    def _class(self, value: dict[str, Any], base: type | None = None) -> Any:
        found = self._types.find(value["type"])
        if base is not None and not issubclass(found, base):
            raise RecordingInvalid(f"{value['type']} is no {value[KIND]}.", hint=_AGAIN)
        return found

    def _items(self, value: dict[str, Any]) -> list[Any]:
        return [self.decode(item) for item in value["items"]]

    def _fields(self, value: dict[str, Any]) -> dict[str, Any]:
        return {name: self.decode(item) for name, item in value["fields"].items()}

    def _tuple(self, value: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(self._items(value))

    def _set(self, value: dict[str, Any]) -> set[Any]:
        return set(self._items(value))

    def _frozenset(self, value: dict[str, Any]) -> frozenset[Any]:
        return frozenset(self._items(value))

    def _dict(self, value: dict[str, Any]) -> dict[Any, Any]:
        return {self.decode(key): self.decode(item) for key, item in value["items"]}

    def _float(self, value: dict[str, Any]) -> float:
        return float(value["value"])

    def _bytes(self, value: dict[str, Any]) -> bytes:
        return base64.b64decode(value["base64"]) if "base64" in value else self._file(value)

    def _value(self, value: dict[str, Any]) -> Any:
        read = next(read for cls, (_, read) in TEXT_VALUES.items() if cls.__name__ == value["type"])
        return read(value["text"])

    def _enum(self, value: dict[str, Any]) -> Enum:
        found: Enum = self._class(value, Enum)[value["name"]]
        return found

    def _model(self, value: dict[str, Any]) -> BaseModel:
        cls = self._class(value, BaseModel)
        fields, given = self._fields(value), set(value["set"])
        made: BaseModel = cls.model_construct(
            *([fields["root"]] if issubclass(cls, RootModel) else []), _fields_set=given
        )
        known = type(made).model_fields
        # Set as they were: a constructor would go by aliases.
        object.__setattr__(made, "__dict__", {name: item for name, item in fields.items() if name in known})
        extra = {name: item for name, item in fields.items() if name not in known}
        if type(made).model_config.get("extra") == "allow":
            object.__setattr__(made, "__pydantic_extra__", extra)
        return made

    def _namedtuple(self, value: dict[str, Any]) -> Any:
        return self._class(value, tuple)(**self._fields(value))

    def _dataclass(self, value: dict[str, Any]) -> Any:
        cls: Any = self._class(value)
        if not dataclasses.is_dataclass(cls):
            raise RecordingInvalid(f"{value['type']} is no dataclass.", hint=_AGAIN)
        made: Any = object.__new__(cls)  # type: ignore[arg-type]
        fields = self._fields(value)
        for field in dataclasses.fields(cls):
            object.__setattr__(made, field.name, fields[field.name])
        return made

    def _array(self, value: dict[str, Any]) -> Any:
        import numpy as np

        if "values" in value:
            return np.array(self.decode(value["values"]), dtype=value["dtype"]).reshape(value["shape"])
        return np.load(io.BytesIO(self._file(value)), allow_pickle=False)

    def _scalar(self, value: dict[str, Any]) -> Any:
        import numpy as np

        if "value" in value:
            return np.dtype(value["dtype"]).type(self.decode(value["value"]))
        return self._array(value)[()]

    def _tensor(self, value: dict[str, Any]) -> Any:
        import torch

        return torch.from_numpy(self._array(value).copy()).to(getattr(torch, value["torch_dtype"]))

    def _pil(self, value: dict[str, Any]) -> Any:
        import PIL.Image

        data = self._file(value)
        if value["mode"] not in PNG_MODES:
            return PIL.Image.frombytes(value["mode"], tuple(value["size"]), data)
        opened = PIL.Image.open(io.BytesIO(data), formats=["PNG"])
        opened.load()
        return opened

    def _media(self, value: dict[str, Any]) -> Media:
        known = {name: value[name] for name in ("media_type", "filename", "media_id") if name in value}
        made: Media = self._class(value, Media)(self._file(value), **known)
        return made

    def _file(self, value: dict[str, Any]) -> bytes:
        name = value["file"]
        if Path(name).name != name:
            raise RecordingInvalid(f"{name!r} is no file beside the recording.", hint=_AGAIN)
        try:
            data = self._read(name)
        except OSError as error:
            raise RecordingInvalid(f"{name} cannot be read: {error.strerror}.", hint=_AGAIN) from error
        if hashlib.sha256(data).hexdigest() != value["sha256"]:
            is_pointer = data.startswith(b"version https://git-lfs")
            raise RecordingInvalid(
                f"{name} is not what was recorded.",
                hint="It is a pointer of Git LFS: run 'git lfs pull'." if is_pointer else _AGAIN,
            )
        return data


_KINDS = frozenset(
    {
        "array", "bytes", "dataclass", "dict", "enum", "float", "frozenset", "media", "model", "namedtuple", "pil",
        "scalar", "set", "tensor", "tuple", "value",
    }
)  # fmt: skip
