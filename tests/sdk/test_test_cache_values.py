"""What a recording can hold: everything comes back as what it was, and only data is ever read."""

# ruff: noqa: D101, D102 - types as authors write them
from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import PIL.Image
import pytest
import torch
from pydantic import BaseModel, ConfigDict, Field, RootModel

from aanad.sdk import BaseDeployment
from aanad.sdk.models import Audio, File, Image
from aanad.sdk.test_cache import problems, test_cache
from tests.sdk.conftest import Recordings

T = TypeVar("T")


class Colour(Enum):
    RED = (255, 0, 0)
    BLUE = (0, 0, 255)


class Size(StrEnum):
    SMALL = "small"


class Box(BaseModel):
    left: int = Field(alias="x")
    labels: frozenset[str] = frozenset()


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str = "none"


class Names(RootModel[list[str]]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]


@dataclass(frozen=True)
class Segment:
    start_s: float
    words: list[str]
    length: int = field(init=False, default=7)


@dataclass(slots=True)
class Slim:
    value: int


class Pair(NamedTuple):
    left: int
    right: Size


class Echo(BaseDeployment):
    """Gives what it is asked to give, which is not among its arguments."""

    value: Any = None

    @test_cache
    async def give(self, name: str = "") -> Any:
        return self.value

    @test_cache
    async def page(self) -> Page[Segment]:
        return Page[Segment](items=[Segment(1.0, [])])


async def through_a_recording(recordings: Recordings, value: Any) -> Any:
    """Record `value` and replay it."""
    deployment = Echo()
    deployment.value = value
    recordings.record()
    await deployment.give()
    recordings.replay()
    return await Echo().give()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0.1 + 0.2,
        -0.0,
        10**30,
        "lines\nand ünïcödé 🐕 and \ud800",
        [1, [2, ()], {"a": None}],
        (1, 2.0, (3,)),
        {1, 2, 3},
        frozenset({"a", "b"}),
        {1: "one", (2, 3): "two", None: {}},
        {"dog": 0.9, "ant": 0.1},
        {"$": "a key that means something"},
        b"short",
        b"long" * 100,
        math.inf,
        dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
        dt.date(2026, 1, 2),
        dt.time(3, 4, 5),
        dt.timedelta(days=1, microseconds=7),
        Decimal("1.10"),
        uuid.UUID(int=7),
        Path("/models/tiny"),
        1 + 2j,
        Colour.RED,
        Size.SMALL,
        Box(x=1, labels=frozenset({"b", "a"})),
        Open(name="a", other=[1]),
        Names(["a"]),
        Page[Segment](items=[Segment(0.5, ["a"])]),
        Segment(0.5, ["a", "b"]),
        Slim(3),
        Pair(1, Size.SMALL),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_value_comes_back_as_what_it_was(recordings: Recordings, value: Any) -> None:
    """The same type, equal, and so is everything in it."""
    found = await through_a_recording(recordings, value)

    assert found == value
    assert type(found) is type(value)
    assert repr(found) == repr(value) or isinstance(value, (set, frozenset, Box))


async def test_not_a_number(recordings: Recordings) -> None:
    """Which JSON does not know."""
    [found] = await through_a_recording(recordings, [math.nan])

    assert math.isnan(found)


async def test_a_model_keeps_which_fields_were_set(recordings: Recordings) -> None:
    """So that it is dumped as it would have been."""
    found = await through_a_recording(recordings, Open())

    assert found.model_dump(exclude_unset=True) == {}
    assert found.model_copy(update={"name": "b"}).name == "b"


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.array([0.1, math.nan, -math.inf], dtype=np.float32),
        np.array([True, False]),
        np.array(3.5),
        np.zeros((0, 4)),
        np.random.default_rng(7).random((20, 30)),
        np.asfortranarray(np.arange(60.0).reshape(6, 10)),
        np.arange(100, dtype=">u4"),
        np.array([1 + 2j] * 3),
        np.array(["2026-01-02"], dtype="datetime64[D]"),
        np.array(["ab", "c"]),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
async def test_arrays(recordings: Recordings, array: Any) -> None:
    """To the last bit, small ones inline, large ones in a file beside the recording."""
    found = await through_a_recording(recordings, array)

    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)
    is_inline = array.size <= 16 and array.dtype.kind in "biuf"
    assert any(name.endswith(".npy") for name in recordings.files()) is not is_inline


@pytest.mark.parametrize(
    "scalar", [np.float32(0.1), np.int8(-3), np.bool(True), np.complex64(1j), np.datetime64("2026")]
)
async def test_numpy_s_scalars(recordings: Recordings, scalar: Any) -> None:
    """Which are no numbers of Python's."""
    found = await through_a_recording(recordings, scalar)

    assert (type(found), found) == (type(scalar), scalar)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.bool])
async def test_tensors(recordings: Recordings, dtype: torch.dtype) -> None:
    """They come back on the CPU, without a gradient."""
    tensor = torch.arange(40).reshape(5, 8).to(dtype)
    if dtype is torch.float32:
        tensor.requires_grad_()

    found = await through_a_recording(recordings, {"logits": tensor})

    assert found["logits"].dtype == dtype
    assert torch.equal(found["logits"], tensor)
    assert not found["logits"].requires_grad


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "F", "CMYK"])
async def test_images_of_pil(recordings: Recordings, mode: str) -> None:
    """As PNG, which people can look at, where a PNG keeps the mode; every pixel is the same."""
    source = PIL.Image.frombytes("RGB", (8, 6), np.random.default_rng(1).bytes(8 * 6 * 3))
    picture = source.convert("L").convert(mode) if mode == "I;16" else source.convert(mode)

    found = await through_a_recording(recordings, picture)

    assert (found.mode, found.size) == (picture.mode, picture.size)
    assert found.tobytes() == picture.tobytes()
    assert found.getpalette() == picture.getpalette()
    [media] = [name for name in recordings.files() if not name.endswith(".json")]
    assert Path(media).suffix == (".bin" if mode in {"F", "CMYK"} else ".png")


async def test_media_of_the_sdk(recordings: Recordings) -> None:
    """An image as PNG, audio as WAV, other bytes as they are, with their names."""
    pixels = np.random.default_rng(1).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    samples = np.linspace(-0.5, 0.5, 800, dtype=np.float32)
    value = {
        "image": Image(numpy=pixels, media_id="first"),
        "audio": Audio(array=samples, rate=16_000),
        "file": File(b"%PDF-1.7", media_type="application/pdf", filename="a.pdf"),
    }

    found = await through_a_recording(recordings, value)

    assert [type(each) for each in found.values()] == [Image, Audio, File]
    np.testing.assert_array_equal(found["image"].numpy(), pixels)
    assert (found["image"].media_id, found["image"].media_type) == ("first", "image/png")
    np.testing.assert_allclose(found["audio"].array(), samples, atol=1 / 32768)
    assert (found["file"].read(), found["file"].filename) == (b"%PDF-1.7", "a.pdf")
    assert {Path(name).suffix for name in recordings.files()} == {".json", ".png", ".wav", ".pdf"}


async def test_recording_again_removes_the_files_of_before(recordings: Recordings) -> None:
    """A folder of recordings holds what is used, and no more."""
    deployment = Echo()
    recordings.record()
    for seed in range(3):
        deployment.value = np.random.default_rng(seed).random(50)
        await deployment.give()
        await deployment.give("other")

    assert len(recordings.files()) == 4


async def test_a_type_is_found_by_the_return_annotation(recordings: Recordings) -> None:
    """Also one that no import path leads to, such as a model with a parameter."""
    recordings.record()
    first = await Echo().page()
    recordings.replay()

    assert await Echo().page() == first
    assert type(await Echo().page()) is Page[Segment]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "A builtins.object cannot be recorded"),
        (lambda: 1, "A builtins.function cannot be recorded"),
        (np.array([object()]), "An array of Python objects cannot be recorded"),
        (type("Secret", (dict,), {})(), "Secret cannot be recorded"),
        (dataclass(type("Hidden", (), {}))(), "Hidden cannot be found"),
    ],
    ids=["object", "function", "objects", "subclass", "local class"],
)
async def test_what_cannot_be_replayed_is_not_recorded(recordings: Recordings, value: Any, message: str) -> None:
    """The recorder is told at once."""
    with pytest.raises(problems.NotRecordable, match=message):
        await through_a_recording(recordings, value)

    assert recordings.files() == []


async def replayed(recordings: Recordings, result: Any) -> Any:
    """Replay a recording whose result was edited."""
    await through_a_recording(recordings, 1)
    path, recording = recordings.only()
    path.write_text(json.dumps(recording | {"result": result}))
    return await Echo().give()


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"$": "model", "type": "os:system", "fields": {}, "set": []}, "os:system is neither in the return annotation"),
        ({"$": "model", "type": "pathlib:Path", "fields": {}, "set": []}, "pathlib:Path is no model"),
        ({"$": "dataclass", "type": "aanad.errors:AanaError", "fields": {}}, "is no dataclass"),
        ({"$": "enum", "type": "aanad.sdk:Endpoint", "name": "x"}, "is no enum"),
        ({"$": "call", "type": "builtins:exec"}, "There is no kind of value 'call'"),
        ({"$": "class", "type": "builtins:exec"}, "There is no kind of value 'class'"),
        ({"$": ["tuple"]}, "There is no kind of value"),
        ({"$": "tuple"}, "A value of the kind tuple cannot be read: KeyError: 'items'"),
        ({"$": "bytes", "file": "../../etc/passwd", "sha256": ""}, "is no file beside the recording"),
        ({"$": "bytes", "file": "gone.bin", "sha256": ""}, "gone.bin cannot be read: No such file"),
        ({"$": "enum", "type": "aanad.sdk.nowhere:Colour", "name": "RED"}, "No module named 'aanad.sdk.nowhere'"),
        ({"$": "array", "dtype": "O", "shape": [1], "file": "x.npy", "sha256": ""}, "x.npy cannot be read"),
    ],
)
async def test_a_recording_names_data_and_nothing_else(recordings: Recordings, result: Any, message: str) -> None:
    """Whatever is written into one, no code is run for it; the error names the file."""
    with pytest.raises(problems.RecordingInvalid, match=message) as caught:
        await replayed(recordings, result)

    assert str(recordings.only()[0]) in caught.value.message


async def test_an_array_with_a_pickle_in_it_is_not_loaded(recordings: Recordings) -> None:
    """Neither is one that numpy would unpickle."""
    await through_a_recording(recordings, np.zeros(100))
    path, recording = recordings.only()
    file = path.parent / recording["result"]["file"]
    np.save(file, np.array([object()]), allow_pickle=True)
    import hashlib

    recording["result"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    path.write_text(json.dumps(recording))

    with pytest.raises(problems.RecordingInvalid, match="allow_pickle=False"):
        await Echo().give()


@pytest.mark.parametrize(
    ("content", "hint"),
    [(b"damaged", "Restore the file"), (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull")],
)
async def test_a_file_that_is_not_what_was_recorded(recordings: Recordings, content: bytes, hint: str) -> None:
    """Is told from a pointer to it."""
    await through_a_recording(recordings, b"x" * 1000)
    path, recording = recordings.only()
    (path.parent / recording["result"]["file"]).write_bytes(content)

    with pytest.raises(problems.RecordingInvalid, match="is not what was recorded") as caught:
        await Echo().give()
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["{", "[]", '{"deployment": "Echo"}', "\udcff"])
async def test_a_file_that_is_no_recording(recordings: Recordings, text: str) -> None:
    """Is named, with what to do."""
    await through_a_recording(recordings, 1)
    path, _ = recordings.only()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(problems.RecordingInvalid, match=path.name):
        await Echo().give()


async def test_an_edited_argument_is_noticed(recordings: Recordings) -> None:
    """A file says of itself which call it is of."""
    await through_a_recording(recordings, 1)
    path, recording = recordings.only()
    path.write_text(json.dumps(recording | {"arguments": {"name": "other"}}))

    with pytest.raises(problems.RecordingInvalid, match="is the recording of another call"):
        await Echo().give()
