"""Dataclasses and pydantic models: nested, in themselves, generic, told apart by a field, with validators."""

# ruff: noqa: D101, D102 - classes as their authors write them
from __future__ import annotations

import dataclasses
from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, Tag, field_validator, model_validator

from tests.serving.signature_table.choices import Colour
from tests.serving.signature_table.row import Parameter

T = TypeVar("T")
INTEGER, STRING = {"type": "integer"}, {"type": "string"}


@dataclasses.dataclass
class Box:
    left: int
    top: int = 0


@dataclasses.dataclass
class Picture:
    boxes: list[Box]
    tags: dict[str, Colour] = dataclasses.field(default_factory=dict)


class Sampling(BaseModel):
    """How to choose the next word."""

    temperature: float = Field(default=1.0, ge=0, description="0 is greedy.")
    top_k: int | None = None


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sampling: Sampling
    maximum: int = Field(alias="max")


class Text(BaseModel):
    type: Literal["text"]
    text: str


class Link(BaseModel):
    type: Literal["link"]
    url: str
    width: int = 0


class Cat(BaseModel):
    name: str
    lives: int


class Dog(BaseModel):
    name: str
    breed: str
    age: int


class Page(BaseModel, Generic[T]):
    items: list[T]


class Numbers(RootModel[list[int]]):
    pass


class Node(BaseModel):
    value: int
    next: Node | None = None


class Range(BaseModel):
    low: int
    high: int
    day: date = date(2026, 1, 31)

    @model_validator(mode="after")
    def ordered(self) -> Range:
        if self.low > self.high:
            raise ValueError("low must not be above high.")
        return self

    @field_validator("low")
    @classmethod
    def positive(cls, value: int) -> int:
        if value < 0:
            raise ValueError("Count from 0.")
        return value


class Normalised(BaseModel):
    day: date
    colour: Colour

    @model_validator(mode="before")
    @classmethod
    def lower(cls, value: Any) -> Any:
        return {key.lower(): each for key, each in value.items()} if isinstance(value, dict) else value


def kind_of(value: Any) -> str:
    return "list" if isinstance(value, list) else "one"


SAMPLING = {
    "title": "Sampling",
    "description": "How to choose the next word.",
    "type": "object",
    "properties": {
        "temperature": {
            "title": "Temperature",
            "type": "number",
            "minimum": 0,
            "default": 1.0,
            "description": "0 is greedy.",
        },
        "top_k": {"title": "Top K", "anyOf": [INTEGER, {"type": "null"}], "default": None},
    },
}
BOX = {
    "title": "Box",
    "type": "object",
    "properties": {
        "left": {"title": "Left", "type": "integer"},
        "top": {"title": "Top", "type": "integer", "default": 0},
    },
    "required": ["left"],
}
CLOSED_BOX = BOX | {"additionalProperties": False}
"""A dataclass in a request refuses unknown fields, whatever contains it."""
COLOUR = {"title": "Colour", "enum": ["red", "blue"], "type": "string"}


def model(title: str, required: list[str], **properties: Any) -> dict[str, Any]:
    """The schema of a plain model."""
    titled = {
        name: each if "$ref" in each else {"title": name.replace("_", " ").title(), **each}
        for name, each in properties.items()
    }
    return {"title": title, "type": "object", "properties": titled, **({"required": required} if required else {})}


TEXT = model("Text", ["type", "text"], type={"const": "text", "type": "string"}, text=STRING)
LINK = model(
    "Link", ["type", "url"], type={"const": "link", "type": "string"}, url=STRING, width=INTEGER | {"default": 0}
)
PARTS = {
    "oneOf": [{"$ref": "#/$defs/Text"}, {"$ref": "#/$defs/Link"}],
    "discriminator": {"propertyName": "type", "mapping": {"text": "#/$defs/Text", "link": "#/$defs/Link"}},
}

ROWS = [
    Parameter(
        "dataclass",
        Box,
        {"$ref": "#/$defs/Box"},
        defs={"Box": CLOSED_BOX},
        accepts=[('{"left": 1}', Box(1)), ('{"left": 1, "top": 2}', Box(1, 2))],
        refuses=[
            ("{}", ".left", "is required"),
            ('{"left": "1"}', ".left", "must be an integer, not a string"),
            ('{"left": 1, "lefty": 1}', ".lefty", "unknown field; did you mean 'left'?"),
            ("[1]", "", "must be an object, not a list"),
        ],
    ),
    Parameter(
        "dataclass with dataclasses",
        Picture,
        {"$ref": "#/$defs/Picture"},
        defs={
            "Box": CLOSED_BOX,
            "Colour": COLOUR,
            "Picture": {
                "title": "Picture",
                "type": "object",
                "properties": {
                    "boxes": {"title": "Boxes", "type": "array", "items": {"$ref": "#/$defs/Box"}},
                    "tags": {
                        "title": "Tags",
                        "type": "object",
                        "additionalProperties": {"$ref": "#/$defs/Colour"},
                    },
                },
                "required": ["boxes"],
                "additionalProperties": False,
            },
        },
        accepts=[
            ('{"boxes": [{"left": 1}], "tags": {"a": "red"}}', Picture([Box(1)], {"a": Colour.RED})),
            ('{"boxes": []}', Picture([])),
        ],
        refuses=[
            ('{"boxes": [{"left": 1}, {"top": 1}]}', ".boxes.1.left", "is required"),
            ('{"boxes": [], "tags": {"a": "x"}}', ".tags.a", "must be 'red' or 'blue'"),
        ],
    ),
    Parameter(
        "pydantic model with a default",
        Sampling,
        {"$ref": "#/$defs/Sampling", "default": {"temperature": 1.0, "top_k": None}},
        default=Sampling(),
        defs={"Sampling": SAMPLING},
        accepts=[("{}", Sampling()), ('{"temperature": 0, "top_k": 5}', Sampling(temperature=0, top_k=5))],
        refuses=[
            ('{"temperature": -1}', ".temperature", "must be at least 0"),
            ('{"temperature": NaN}', ".temperature", "must be a finite number"),
            ('{"top_k": "5"}', ".top_k", "must be an integer, not a string"),
            ("null", "", "must be an object, not null"),
        ],
    ),
    Parameter(
        "nested model with an alias that forbids more",
        Closed,
        {"$ref": "#/$defs/Closed"},
        defs={
            "Sampling": SAMPLING,
            "Closed": {
                "title": "Closed",
                "type": "object",
                "properties": {
                    "sampling": {"$ref": "#/$defs/Sampling"},
                    "max": {"title": "Max", "type": "integer"},
                },
                "required": ["sampling", "max"],
                "additionalProperties": False,
            },
        },
        accepts=[('{"sampling": {}, "max": 3}', Closed(sampling=Sampling(), max=3))],
        refuses=[
            ('{"sampling": {}}', ".max", "is required"),
            ('{"sampling": {"top_k": []}, "max": 3}', ".sampling.top_k", "must be an integer, not a list"),
            ('{"sampling": {}, "max": 3, "min": 0}', ".min", "unknown field"),
        ],
    ),
    Parameter(
        "a model in itself",
        Node,
        {"$ref": "#/$defs/Node"},
        defs={
            "Node": {
                "title": "Node",
                "type": "object",
                "properties": {
                    "value": {"title": "Value", "type": "integer"},
                    "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}], "default": None},
                },
                "required": ["value"],
            }
        },
        accepts=[('{"value": 1, "next": {"value": 2}}', Node(value=1, next=Node(value=2)))],
        refuses=[('{"value": 1, "next": {"value": 2, "next": {}}}', ".next.next.value", "is required")],
    ),
    Parameter(
        "generic model",
        Page[Box],
        {"$ref": "#/$defs/Page_Box_"},
        defs={
            "Box": CLOSED_BOX,
            "Page_Box_": model("Page[Box]", ["items"], items={"type": "array", "items": {"$ref": "#/$defs/Box"}}),
        },
        accepts=[('{"items": [{"left": 1}], "more": 1}', Page[Box](items=[Box(1)]))],
        refuses=[
            ('{"items": [1]}', ".items.0", "must be an object, not a number"),
            ('{"items": [{"left": 1, "lefty": 1}]}', ".items.0.lefty", "unknown field; did you mean 'left'?"),
        ],
    ),
    Parameter(
        "RootModel",
        Numbers,
        {"$ref": "#/$defs/Numbers"},
        defs={"Numbers": {"title": "Numbers", "type": "array", "items": INTEGER}},
        accepts=[("[1]", Numbers([1]))],
        refuses=[('["1"]', ".0", "must be an integer, not a string")],
    ),
    Parameter(
        "models told apart by a field",
        list[Annotated[Text | Link, Field(discriminator="type")]],
        {"type": "array", "items": PARTS},
        defs={"Text": TEXT, "Link": LINK},
        accepts=[
            (
                '[{"type": "text", "text": "a"}, {"type": "link", "url": "b"}]',
                [Text(type="text", text="a"), Link(type="link", url="b")],
            )
        ],
        refuses=[
            ('[{"type": "video"}]', ".0.type", "must be 'text' or 'link'"),
            ('[{"text": "a"}]', ".0.type", "is required"),
            ('[{"type": "text", "text": 1}]', ".0.text", "must be a string, not a number"),
            ('[{"type": "link"}]', ".0.url", "is required"),
            ('["a"]', ".0", "must be an object, not a string"),
        ],
    ),
    Parameter(
        "models told apart by a constant",
        Text | Link,
        {"anyOf": [{"$ref": "#/$defs/Text"}, {"$ref": "#/$defs/Link"}]},
        defs={"Text": TEXT, "Link": LINK},
        accepts=[('{"type": "link", "url": "b"}', Link(type="link", url="b"))],
        refuses=[
            ('{"type": "video", "url": "b"}', ".type", "must be 'text' or 'link'"),
            ('{"type": "link", "url": "b", "width": "1"}', ".width", "must be an integer, not a string"),
            ('"a"', "", "must be an object, not a string"),
        ],
    ),
    Parameter(
        "models told apart by what fits best",
        Cat | Dog,
        {"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]},
        defs={
            "Cat": model("Cat", ["name", "lives"], name=STRING, lives=INTEGER),
            "Dog": model("Dog", ["name", "breed", "age"], name=STRING, breed=STRING, age=INTEGER),
        },
        accepts=[('{"name": "a", "lives": 9}', Cat(name="a", lives=9))],
        refuses=[('{"name": "a", "lives": "9"}', ".lives", "must be an integer, not a string")],
    ),
    Parameter(
        "told apart by a function",
        Annotated[
            Annotated[Box, Tag("one")] | Annotated[list[Box], Tag("list")],
            Discriminator(kind_of),
        ],
        {"oneOf": [{"$ref": "#/$defs/Box"}, {"type": "array", "items": {"$ref": "#/$defs/Box"}}]},
        defs={"Box": CLOSED_BOX},
        accepts=[('{"left": 1}', Box(1)), ('[{"left": 1}]', [Box(1)])],
        refuses=[
            ('[{"left": 1}, {}]', ".1.left", "is required"),
            ('{"left": null}', ".left", "must be an integer, not null"),
        ],
    ),
    Parameter(
        "a model's own validators",
        Range,
        {"$ref": "#/$defs/Range"},
        defs={
            "Range": model(
                "Range",
                ["low", "high"],
                low=INTEGER,
                high=INTEGER,
                day={"type": "string", "format": "date", "default": "2026-01-31"},
            )
        },
        accepts=[('{"low": 1, "high": 2, "day": "2026-02-01"}', Range(low=1, high=2, day=date(2026, 2, 1)))],
        refuses=[
            ('{"low": 2, "high": 1}', "", "low must not be above high"),
            ('{"low": -1, "high": 1}', ".low", "Count from 0"),
        ],
    ),
    Parameter(
        "a model's validator that comes before",
        Normalised,
        {"$ref": "#/$defs/Normalised"},
        defs={
            "Colour": COLOUR,
            "Normalised": model(
                "Normalised",
                ["day", "colour"],
                day={"type": "string", "format": "date"},
                colour={"$ref": "#/$defs/Colour"},
            ),
        },
        accepts=[('{"Day": "2026-01-31", "COLOUR": "red"}', Normalised(day=date(2026, 1, 31), colour=Colour.RED))],
        refuses=[('{"day": "2026-01-31", "colour": "green"}', ".colour", "must be 'red' or 'blue'")],
    ),
]
