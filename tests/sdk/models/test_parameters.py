"""Sampling parameters, number types, words, pixel arrays, and the package's root."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import PIL.Image
import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

import aanad.sdk.models
from aanad.sdk.models import Caption, CaptionsList, Dtype, Image, PixelArray, Prompt, Question, SamplingParams


def test_only_what_is_given_reaches_the_model() -> None:
    """As keyword arguments."""
    assert SamplingParams().given() == {}
    assert SamplingParams(temperature=0, top_k=5, stop=["\n"]).given() == {"temperature": 0, "top_k": 5, "stop": ["\n"]}


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": -1},
        {"temperature": float("nan")},
        {"top_p": 0},
        {"top_p": 1.1},
        {"top_k": 0},
        {"max_tokens": 0},
        {"repetition_penalty": 0},
        {"stop": [""]},
        {"seed": -1},
        {"top": 1},
    ],
)
def test_sampling_that_makes_no_sense_is_refused(values: dict[str, Any]) -> None:
    """Before a model sees it."""
    with pytest.raises(ValidationError):
        SamplingParams(**values)


def test_the_schema_describes_every_parameter() -> None:
    """With its range and what it does."""
    properties = TypeAdapter(SamplingParams).json_schema()["properties"]

    assert all(one["description"] for one in properties.values())
    assert properties["top_p"]["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0, "maximum": 1}


def test_a_number_type_is_what_torch_calls_it() -> None:
    """And "auto" is left for the library to find out."""
    import torch

    assert [dtype.to_torch() for dtype in Dtype] == ["auto", torch.float32, torch.float16, torch.bfloat16, torch.int8]
    assert TypeAdapter(Dtype).validate_json('"bfloat16"') is Dtype.BFLOAT16
    assert Dtype("auto") == "auto"


@pytest.mark.parametrize(
    ("annotation", "value"), [(Prompt, "a"), (Question, "a"), (Caption, "a"), (CaptionsList, ["a"])]
)
def test_words_say_in_the_schema_what_they_are_for(annotation: Any, value: object) -> None:
    """They are plain text, with a description."""
    adapter = TypeAdapter(annotation)

    assert adapter.validate_python(value) == value
    assert adapter.json_schema()["description"]


def test_pixels_stay_numbers_where_the_author_says_so(png: bytes) -> None:
    """An image, a PIL image or an array becomes rows of columns of red, green and blue."""

    class Answer(TypedDict):
        image: PixelArray

    adapter = TypeAdapter(Answer)
    array = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    for image in (array, Image(numpy=array), PIL.Image.fromarray(array)):
        assert adapter.dump_json({"image": image}) == b'{"image":[[[1,2,3],[4,5,6]]]}'
    received = adapter.validate_json('{"image":[[[1,2,3],[4.0,5,6]]]}')["image"]
    assert (received.dtype, received.tolist()) == (np.uint8, array.tolist())
    assert adapter.validate_python({"image": Image(png)})["image"].shape == (4, 6, 3)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "[[]]",
        "5",
        '{"content":""}',
        "[[[1,2]]]",
        "[[[1,2,256]]]",
        "[[[1,2,-1]]]",
        "[[[1.5,2,3]]]",
        "[[[NaN,2,3]]]",
        "[[[1e99,2,3]]]",
        '[[["a",2,3]]]',
        "[[[1,2,3]],[]]",
        "[[[true,false,true]]]",
        f"[[[1,2,{10**30}]]]",
        "[" * 70 + "]" * 70,
    ],
)
def test_other_numbers_are_no_pixels(text: str) -> None:
    """One sentence says what they must be."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(PixelArray).validate_json(text)

    [error] = refused.value.errors()
    assert (error["type"], "three integers from 0 to 255" in error["msg"]) == ("pixels", True)


def test_the_schema_of_pixels_says_their_shape() -> None:
    """Height x width x 3."""
    schema = TypeAdapter(PixelArray).json_schema(mode="serialization")

    assert schema["items"]["items"] == {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 255},
        "minItems": 3,
        "maxItems": 3,
    }


def test_every_name_of_the_package_is_there() -> None:
    """And no other."""
    assert dir(aanad.sdk.models) == sorted(aanad.sdk.models.__all__)
    for name in aanad.sdk.models.__all__:
        assert getattr(aanad.sdk.models, name) is not None
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = aanad.sdk.models.Nonsense


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import aanad.sdk.models", ("pydantic", "numpy", "PIL", "av", "torch", "ray", "httpx")),
        ("from aanad.sdk.models import *", ("numpy", "PIL", "av", "torch", "ray", "httpx")),
        ("import aanad.sdk.temporary", ("pydantic", "numpy", "ray")),
    ],
)
def test_importing_the_models_is_cheap(statement: str, heavy: tuple[str, ...]) -> None:
    """Libraries of pictures and sound are loaded by the first call that needs them."""
    program = f"{statement}\nimport sys\nprint(*[name for name in {heavy!r} if name in sys.modules])"

    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert output.split() == []
