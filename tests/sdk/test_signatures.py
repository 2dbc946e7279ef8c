"""Every kind of signature an author may write: what it accepts, what it refuses, and what registration says no to."""

# ruff: noqa: ARG001, D101 - endpoints as their authors write them
from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from typing import Annotated, Any, Literal, NotRequired, Required

import pytest
import typing_extensions
from pydantic import BaseModel, Field, ValidationError

from aanad.errors import InvalidSignature
from aanad.sdk.signature import Signature

NO_DEFAULT = object()


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Sampling(BaseModel):
    temperature: float = 1.0
    top_k: int | None = None


class Options(typing.TypedDict):
    size: int
    name: NotRequired[str]


class Loose(typing.TypedDict, total=False):
    size: Required[int]
    inner: Options


class Blob(typing.TypedDict):
    data: bytes


class Modern(typing_extensions.TypedDict):
    text: list[str]


@dataclasses.dataclass
class Box:
    left: int
    top: int = 0


class Opaque:
    """No JSON can carry it."""


def run_with(annotation: Any, default: Any = NO_DEFAULT) -> Callable[..., Any]:
    """A `run` with one parameter ``value``."""

    async def run(self, value): ...

    run.__annotations__ = {"value": annotation}
    if default is not NO_DEFAULT:
        run.__defaults__ = (default,)
    return run


ACCEPTED = [
    # annotation, default, body, the value that run gets
    pytest.param(str, NO_DEFAULT, '{"value": "a"}', "a", id="str"),
    pytest.param(int, NO_DEFAULT, '{"value": 3}', 3, id="int"),
    pytest.param(float, NO_DEFAULT, '{"value": 3}', 3.0, id="float takes a whole number"),
    pytest.param(bool, NO_DEFAULT, '{"value": true}', True, id="bool"),
    pytest.param(list[str], NO_DEFAULT, '{"value": ["a"]}', ["a"], id="list"),
    pytest.param(dict[str, int], NO_DEFAULT, '{"value": {"a": 1}}', {"a": 1}, id="dict"),
    pytest.param(Any, NO_DEFAULT, '{"value": [1, {"a": null}]}', [1, {"a": None}], id="Any"),
    pytest.param(str | None, NO_DEFAULT, '{"value": null}', None, id="optional without a default takes null"),
    pytest.param(str | None, None, "{}", None, id="optional with a default may be left out"),
    pytest.param(typing.Optional[int], 4, "{}", 4, id="typing.Optional"),  # noqa: UP045
    pytest.param(int, 7, "{}", 7, id="a default is honoured"),
    pytest.param(str, None, "{}", None, id="a default of another type is honoured"),
    pytest.param(list[int], [1, 2], "{}", [1, 2], id="a mutable default"),
    pytest.param(Annotated[int, Field(default=5, description="how many")], NO_DEFAULT, "{}", 5, id="Field default"),
    pytest.param(Annotated[int, Field(default=5)], 6, "{}", 6, id="the parameter's default wins"),
    pytest.param(Annotated[int, Field(ge=0)], NO_DEFAULT, '{"value": 0}', 0, id="Field bounds"),
    pytest.param(Colour, NO_DEFAULT, '{"value": "red"}', Colour.RED, id="enum"),
    pytest.param(Colour, Colour.BLUE, "{}", Colour.BLUE, id="enum default"),
    pytest.param(Literal["a", "b"], NO_DEFAULT, '{"value": "b"}', "b", id="literal"),
    pytest.param(Sampling, NO_DEFAULT, '{"value": {"top_k": 2}}', Sampling(top_k=2), id="pydantic model"),
    pytest.param(Sampling, Sampling(), "{}", Sampling(), id="pydantic model default"),
    pytest.param(Box, NO_DEFAULT, '{"value": {"left": 1}}', Box(1), id="dataclass"),
    pytest.param(Options, NO_DEFAULT, '{"value": {"size": 1}}', {"size": 1}, id="typing.TypedDict"),
    pytest.param(
        Loose,
        NO_DEFAULT,
        '{"value": {"size": 1, "inner": {"size": 2}}}',
        {"size": 1, "inner": {"size": 2}},
        id="nested",
    ),
    pytest.param(Modern, NO_DEFAULT, '{"value": {"text": []}}', {"text": []}, id="typing_extensions.TypedDict"),
    pytest.param(list[Options], NO_DEFAULT, '{"value": [{"size": 1}]}', [{"size": 1}], id="list of TypedDict"),
    pytest.param(Options | None, NO_DEFAULT, '{"value": {"size": 1}}', {"size": 1}, id="optional TypedDict"),
    pytest.param(tuple[int, str], NO_DEFAULT, '{"value": [1, "a"]}', (1, "a"), id="tuple"),
]


@pytest.mark.parametrize(("annotation", "default", "body", "value"), ACCEPTED)
def test_a_request_reaches_run_with_the_annotated_type(annotation: Any, default: Any, body: str, value: Any) -> None:
    """What fits the annotation arrives as that type; what has a default may be left out."""
    signature = Signature("e", run_with(annotation, default))

    request = signature.request_model.model_validate_json(body)

    assert signature.arguments(request) == {"value": value}


REFUSED = [
    pytest.param(str, NO_DEFAULT, "{}", "missing", id="required"),
    pytest.param(str | None, NO_DEFAULT, "{}", "missing", id="optional without a default is required"),
    pytest.param(Annotated[int, Field(description="d")], NO_DEFAULT, "{}", "missing", id="a Field without default"),
    pytest.param(str, NO_DEFAULT, '{"value": 1}', "string_type", id="wrong type"),
    pytest.param(str, "a", '{"value": null}', "string_type", id="null is no string"),
    pytest.param(str, "a", '{"other": 1}', "extra_forbidden", id="unknown field"),
    pytest.param(Options, NO_DEFAULT, '{"value": {"size": 1, "x": 2}}', "extra_forbidden", id="unknown key inside"),
    pytest.param(Annotated[int, Field(ge=0)], NO_DEFAULT, '{"value": -1}', "greater_than_equal", id="bounds"),
    pytest.param(Colour, NO_DEFAULT, '{"value": "green"}', "enum", id="not in the enum"),
]


@pytest.mark.parametrize(("annotation", "default", "body", "kind"), REFUSED)
def test_a_request_that_does_not_fit_is_refused(annotation: Any, default: Any, body: str, kind: str) -> None:
    """Missing, wrong and unknown fields are refused before run is called."""
    signature = Signature("e", run_with(annotation, default))

    with pytest.raises(ValidationError) as caught:
        signature.request_model.model_validate_json(body)

    assert [error["type"] for error in caught.value.errors()][-1] == kind


async def unannotated(self, text): ...
async def star_args(self, *texts: str): ...
async def star_kwargs(self, **texts: str): ...
async def positional(self, text: str, /): ...
async def opaque(self, thing: Opaque): ...
async def opaque_list(self, things: list[Opaque]): ...
async def function(self, call: Callable[[int], int]): ...
async def opaque_result(self) -> Opaque: ...
async def unknown_name(self, text: Nowhere): ...  # noqa: F821
async def stream_annotated_as_value(self) -> int:
    yield 1


async def value_annotated_as_stream(self) -> AsyncIterator[int]: ...


UNSERVABLE = [
    pytest.param(unannotated, "unannotated_parameter", "the parameter text", id="no annotation"),
    pytest.param(star_args, "unsupported_parameter", "*texts", id="*args"),
    pytest.param(star_kwargs, "unsupported_parameter", "**texts", id="**kwargs"),
    pytest.param(positional, "unsupported_parameter", "text", id="positional-only"),
    pytest.param(opaque, "unsupported_type", "the parameter thing", id="a class of one's own"),
    pytest.param(opaque_list, "unsupported_type", "the parameter things", id="a list of them"),
    pytest.param(function, "unsupported_type", "the parameter call", id="a function"),
    pytest.param(opaque_result, "unsupported_type", "the result", id="result"),
    pytest.param(unknown_name, "unresolved_annotation", "Nowhere", id="a name that is nowhere"),
    pytest.param(stream_annotated_as_value, "unsupported_type", "run yields", id="yields but says int"),
    pytest.param(value_annotated_as_stream, "unsupported_type", "does not yield", id="says stream, yields nothing"),
]


@pytest.mark.parametrize(("run", "code", "names"), UNSERVABLE)
def test_a_signature_that_cannot_be_served_is_an_error_that_says_what_to_do(
    run: Callable[..., Any], code: str, names: str
) -> None:
    """Registration names the endpoint, the parameter and the cure."""
    with pytest.raises(InvalidSignature) as caught:
        Signature("speak", run)

    assert caught.value.code == code
    assert caught.value.message.startswith("Endpoint speak: ")
    assert names in caught.value.message
    assert caught.value.hint


def test_parameter_names_that_pydantic_uses_itself_are_fine() -> None:
    """A field may be called json, copy, model_name or _seed, and keeps its name in the schema."""

    async def run(self, json: str, copy: int = 1, model_name: str = "m", _seed: int = 0, schema: str = "s"): ...

    signature = Signature("e", run)
    request = signature.request_model.model_validate_json('{"json": "{}", "_seed": 4}')

    assert signature.arguments(request) == {"json": "{}", "copy": 1, "model_name": "m", "_seed": 4, "schema": "s"}
    assert list(signature.request_schema()["properties"]) == ["json", "copy", "model_name", "_seed", "schema"]
    assert signature.request_schema()["required"] == ["json"]


def test_schemas_say_what_the_signature_says() -> None:
    """Descriptions, defaults and required fields reach the JSON schema."""

    async def run(
        self, text: Annotated[list[str], Field(description="The lines.")], limit: int = 3, blob: Any = NO_DEFAULT
    ) -> Options: ...

    signature = Signature("cut-lines", run)

    assert signature.request_schema() == {
        "title": "CutLinesRequest",
        "type": "object",
        "additionalProperties": False,
        "required": ["text"],
        "properties": {
            "text": {"title": "Text", "type": "array", "items": {"type": "string"}, "description": "The lines."},
            "limit": {"title": "Limit", "type": "integer", "default": 3},
            "blob": {"title": "Blob"},
        },
    }
    assert signature.response_schema() == {
        "title": "Options",
        "type": "object",
        "additionalProperties": False,
        "required": ["size"],
        "properties": {"size": {"title": "Size", "type": "integer"}, "name": {"title": "Name", "type": "string"}},
    }


async def async_generator(self) -> AsyncGenerator[Options, None]:
    yield {"size": 1}


async def async_iterator(self) -> AsyncIterator[Options]:
    yield {"size": 1}


def generator(self) -> Generator[Options, None, None]:
    yield {"size": 1}


@pytest.mark.parametrize("run", [async_generator, async_iterator, generator])
def test_a_generator_is_a_stream_of_its_items(run: Callable[..., Any]) -> None:
    """The response schema of a stream is that of one chunk."""
    signature = Signature("e", run)

    assert signature.streaming
    assert signature.response_schema()["title"] == "Options"


RESULTS = [
    pytest.param(str, "a", b'"a"', id="str"),
    pytest.param(int, 3, b"3", id="int"),
    pytest.param(dict[str, Any], {"a": [1, None]}, b'{"a":[1,null]}', id="dict"),
    pytest.param(list[float], [1, 2.5], b"[1.0,2.5]", id="list"),
    pytest.param(Options, {"size": 1}, b'{"size":1}', id="TypedDict"),
    pytest.param(Sampling, Sampling(top_k=1), b'{"temperature":1.0,"top_k":1}', id="pydantic model"),
    pytest.param(Box, Box(1, 2), b'{"left":1,"top":2}', id="dataclass"),
    pytest.param(Colour, Colour.RED, b'"red"', id="enum"),
    pytest.param(None, None, b"null", id="None"),
    pytest.param(list[bytes], [b"\xff\x00"], b'["/wA="]', id="bytes in a list are base64"),
    pytest.param(Blob, {"data": b"\xff\x00"}, b'{"data":"/wA="}', id="bytes in a TypedDict are base64"),
    pytest.param(Any, {"anything": (1, 2)}, b'{"anything":[1,2]}', id="Any"),
]


@pytest.mark.parametrize(("annotation", "result", "answer"), RESULTS)
def test_results_of_each_kind_are_served(annotation: Any, result: Any, answer: bytes) -> None:
    """A result that fits its annotation becomes JSON."""

    async def run(self): ...

    run.__annotations__ = {"return": annotation}
    response = Signature("e", run).response

    assert response.dump_json(response.validate_python(result)) == answer
