"""Types that are refused when an endpoint is registered, with what to write instead."""

# ruff: noqa: D101 - classes as their authors write them
from __future__ import annotations

import dataclasses
import io
import sys
import types
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import BinaryIO, Protocol, TypeVar

import numpy as np
import PIL.Image
import torch

from tests.serving.signature_table.row import Unservable

T = TypeVar("T")
GENERAL = "Use str, int, float, bool, list, dict, an Enum, a TypedDict, a dataclass or a pydantic model."
ARRAY = "Take an Image, Audio or Video of aanad.sdk.models, or list[float], and make the array in run."
PICTURE = "Take an Image of aanad.sdk.models and call its pil() in run."
NUMPY = "Take an Image of aanad.sdk.models and call its numpy() in run, or list[float] for plain numbers."
FUNCTION = "Data can be sent, functions cannot: take the name of one as a Literal or an Enum."
CLASS = "Classes cannot be sent: take the name of one as a Literal or an Enum."
STREAM = "A request comes as a whole: take list[T], T being the type of one item."
VARIABLE = "T is a type variable: write the type that it stands for."
NUMBER = "Write int, float or bool, and convert the number in run."


class Opaque:
    """No JSON can carry it."""


class Named(Protocol):
    name: str


class Plain(typing.TypedDict):
    size: int


@dataclasses.dataclass
class Holder:
    plain: Plain


ROWS = [
    Unservable("a class of one's own", Opaque, "Opaque", GENERAL),
    Unservable("a list of them", list[Opaque], "list[Opaque]", GENERAL),
    Unservable("an optional one", Opaque | None, "Opaque | None", GENERAL),
    Unservable(
        "a protocol",
        Named,
        "Named",
        "Named is a protocol: name a dataclass, a TypedDict or a pydantic model that fits it.",
    ),
    Unservable("a function", Callable[[int], str], "Callable[[int], str]", FUNCTION),
    Unservable("any function", Callable, "Callable", FUNCTION),
    Unservable("a class", type[Opaque], "type[Opaque]", CLASS),
    Unservable("an open file", BinaryIO, "BinaryIO", "Take a File of aanad.sdk.models: it can be opened."),
    Unservable(
        "a text file",
        dict[str, io.TextIOWrapper],
        "dict[str, TextIOWrapper]",
        "Take a File of aanad.sdk.models: it can be opened.",
    ),
    Unservable(
        "an open file as a result",
        io.BytesIO,
        "BytesIO",
        "Return a File of aanad.sdk.models: it can be opened.",
        of_result=True,
    ),
    Unservable("a module", types.ModuleType, "module", GENERAL),
    Unservable("a type variable", T, "T", VARIABLE),
    Unservable("a list of a type variable", list[T], "list[T]", VARIABLE),  # type: ignore[valid-type]
    Unservable("an iterator", Iterator[int], "Iterator[int]", STREAM),
    Unservable("an asynchronous iterator", AsyncIterator[bytes], "AsyncIterator[bytes]", STREAM),
    Unservable("a generator", Generator[int, None, None], "Generator[int, None, None]", STREAM),
    Unservable("an array", np.ndarray, "ndarray", NUMPY),
    Unservable("a tensor", torch.Tensor, "Tensor", ARRAY),
    Unservable("a number of numpy's", np.float32, "float32", NUMBER),
    Unservable("PIL's image", PIL.Image.Image, "Image", PICTURE),
    Unservable("a list of PIL's images", list[PIL.Image.Image], "list[Image]", PICTURE),
    Unservable(
        "a dict of PIL's images as a result",
        dict[str, PIL.Image.Image],
        "dict[str, Image]",
        "Return an Image or Audio of aanad.sdk.models, or list[float] for plain numbers.",
        of_result=True,
    ),
    Unservable("an exception", ValueError, "ValueError", GENERAL),
    Unservable("a value instead of a type", 5, "5", GENERAL),
    Unservable("never", typing.Never, "Never", GENERAL),
    Unservable(
        "what is awaited",
        Awaitable[int],
        "Awaitable[int]",
        "Write the type of what is awaited: 'async def run(…) -> T'.",
        of_result=True,
    ),
    Unservable("a function as a result", Callable[[], int], "Callable[[], int]", FUNCTION, of_result=True),
    Unservable(
        "a dict of tensors as a result",
        dict[str, torch.Tensor],
        "dict[str, Tensor]",
        "Return an Image or Audio of aanad.sdk.models, or list[float] for plain numbers.",
        of_result=True,
    ),
    Unservable(
        "an iterator that is returned",
        list[Iterator[int]],
        "list[Iterator[int]]",
        "Yield the items in run itself, or return list[T].",
        of_result=True,
    ),
]

if sys.version_info < (3, 12):
    ROWS.append(
        Unservable(
            "typing.TypedDict in a dataclass",
            Holder,
            "Holder",
            "Import TypedDict from typing_extensions: a dataclass or a model contains this one.",
        )
    )
