"""TypedDicts: required and not, nested, in themselves, of both modules; unknown keys are refused everywhere."""

# ruff: noqa: D101 - classes as their authors write them
from __future__ import annotations

import typing
from typing import Annotated, NotRequired, Required

import typing_extensions
from pydantic import BaseModel, ConfigDict, Field

from tests.serving.signature_table.row import Parameter

INTEGER, STRING = {"type": "integer"}, {"type": "string"}


class Segment(typing.TypedDict):
    """A part of a recording."""

    start: Annotated[float, Field(ge=0, description="Seconds.")]
    text: NotRequired[str]


class Loose(typing.TypedDict, total=False):
    size: Required[int]
    segment: Segment


class Modern(typing_extensions.TypedDict):
    lines: list[str]


class Album(BaseModel):
    cover: Modern


class Tree(typing.TypedDict):
    value: int
    children: NotRequired[list[Tree]]


class Open(typing_extensions.TypedDict):
    a: int


Open.__pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[attr-defined]

SEGMENT = {
    "title": "Segment",
    "description": "A part of a recording.",
    "type": "object",
    "properties": {
        "start": {"title": "Start", "type": "number", "minimum": 0, "description": "Seconds."},
        "text": {"title": "Text", "type": "string"},
    },
    "required": ["start"],
    "additionalProperties": False,
}
LOOSE = {
    "title": "Loose",
    "type": "object",
    "properties": {"size": {"title": "Size", "type": "integer"}, "segment": {"$ref": "#/$defs/Segment"}},
    "required": ["size"],
    "additionalProperties": False,
}
TREE = {
    "title": "Tree",
    "type": "object",
    "properties": {
        "value": {"title": "Value", "type": "integer"},
        "children": {"title": "Children", "type": "array", "items": {"$ref": "#/$defs/Tree"}},
    },
    "required": ["value"],
    "additionalProperties": False,
}

ROWS = [
    Parameter(
        "typing.TypedDict",
        Segment,
        {"$ref": "#/$defs/Segment"},
        defs={"Segment": SEGMENT},
        accepts=[('{"start": 1}', {"start": 1.0}), ('{"start": 0, "text": "a"}', {"start": 0.0, "text": "a"})],
        refuses=[
            ("{}", ".start", "is required"),
            ('{"start": -1}', ".start", "must be at least 0"),
            ('{"start": 1, "txt": "a"}', ".txt", "unknown field; did you mean 'text'?"),
            ('{"start": 1, "end": 2}', ".end", "unknown field"),
            ('{"start": 1, "text": null}', ".text", "must be a string, not null"),
            ("[]", "", "must be an object, not a list"),
        ],
    ),
    Parameter(
        "total=False and nested",
        Loose,
        {"$ref": "#/$defs/Loose"},
        defs={"Segment": SEGMENT, "Loose": LOOSE},
        accepts=[('{"size": 1, "segment": {"start": 0}}', {"size": 1, "segment": {"start": 0.0}})],
        refuses=[
            ('{"segment": {"start": 0}}', ".size", "is required"),
            ('{"size": 1, "segment": {"start": 0, "x": 1}}', ".segment.x", "unknown field"),
        ],
    ),
    Parameter(
        "typing_extensions.TypedDict",
        Modern | None,
        {"anyOf": [{"$ref": "#/$defs/Modern"}, {"type": "null"}]},
        is_titled=False,
        defs={
            "Modern": {
                "title": "Modern",
                "type": "object",
                "properties": {"lines": {"title": "Lines", "type": "array", "items": STRING}},
                "required": ["lines"],
                "additionalProperties": False,
            }
        },
        accepts=[('{"lines": []}', {"lines": []}), ("null", None)],
        refuses=[('{"lines": [1]}', ".lines.0", "must be a string, not a number")],
    ),
    Parameter(
        "a TypedDict in itself",
        Tree,
        {"$ref": "#/$defs/Tree"},
        defs={"Tree": TREE},
        accepts=[('{"value": 1, "children": [{"value": 2}]}', {"value": 1, "children": [{"value": 2}]})],
        refuses=[
            ('{"value": 1, "children": [{"value": "2"}]}', ".children.0.value", "must be an integer, not a string"),
            (
                '{"value": 1, "children": [{"value": 2, "child": []}]}',
                ".children.0.child",
                "unknown field; did you mean 'children'?",
            ),
        ],
    ),
    Parameter(
        "a dict of TypedDicts",
        dict[str, list[Segment]],
        {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "#/$defs/Segment"}}},
        defs={"Segment": SEGMENT},
        accepts=[('{"a": [{"start": 1}]}', {"a": [{"start": 1.0}]})],
        refuses=[('{"a": [{"start": "1"}]}', ".a.0.start", "must be a number, not a string")],
    ),
    Parameter(
        "a TypedDict in a model, which takes more",
        Album,
        {"$ref": "#/$defs/Album"},
        defs={
            "Modern": {
                "title": "Modern",
                "type": "object",
                "properties": {"lines": {"title": "Lines", "type": "array", "items": STRING}},
                "required": ["lines"],
                "additionalProperties": False,
            },
            "Album": {
                "title": "Album",
                "type": "object",
                "properties": {"cover": {"$ref": "#/$defs/Modern"}},
                "required": ["cover"],
            },
        },
        accepts=[('{"cover": {"lines": []}, "more": 1}', Album(cover={"lines": []}))],
        refuses=[('{"cover": {"lines": [], "line": 1}}', ".cover.line", "unknown field; did you mean 'lines'?")],
    ),
    Parameter(
        "a TypedDict whose author allows more",
        Open,
        {"$ref": "#/$defs/Open"},
        defs={
            "Open": {
                "title": "Open",
                "type": "object",
                "properties": {"a": {"title": "A", "type": "integer"}},
                "required": ["a"],
                "additionalProperties": True,
            }
        },
        accepts=[('{"a": 1, "b": 2}', {"a": 1, "b": 2})],
        refuses=[('{"a": "1", "b": 2}', ".a", "must be an integer, not a string")],
    ),
]
