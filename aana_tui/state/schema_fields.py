"""JSON Schemas (2020-12, as pydantic makes them) read as kinds of fields that a form can show.

Nothing is unfolded before it is asked for, so that a schema that refers to itself has no end but does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from functools import cached_property
from typing import Any, Final

Schema = Mapping[str, Any]

MAX_REFERENCES = 32
"""References that only lead to another one."""


class Missing(Enum):
    """What stands where there is no value; None is one."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    CHOICE = "choice"
    """One of a few values: an enum, a constant, true or false."""
    OBJECT = "object"
    LIST = "list"
    MAP = "map"
    """Names of one's own, each with a value."""
    UNION = "union"
    FILE = "file"
    """The path of a file, which is sent beside the document."""
    JSON = "json"
    """Whatever no form can show."""


@dataclass(frozen=True)
class Spec:
    """What a value may be."""

    kind: Kind
    schema: Schema
    """Without references at its top."""
    root: Schema = field(repr=False)
    """What references are looked up in."""
    is_nullable: bool = False
    choices: tuple[Any, ...] = ()
    """The values of a `CHOICE`."""
    options: tuple[Spec, ...] = ()
    """What a `UNION` may be."""
    uploads: frozenset[str] = frozenset()
    """The fields of an `OBJECT` that take files."""

    @property
    def description(self) -> str:
        """What the author says of it."""
        return str(self.schema.get("description") or "")

    @property
    def default(self) -> Any:
        """What the endpoint takes where nothing is sent; `MISSING` where it has none."""
        return self.schema.get("default", MISSING)

    @cached_property
    def properties(self) -> dict[str, Spec]:
        """The fields of an `OBJECT`."""
        found = self.schema.get("properties") or {}
        specs = {str(name): read(part, self.root) for name, part in found.items()}
        return {name: upload(spec) if name in self.uploads else spec for name, spec in specs.items()}

    @property
    def required(self) -> frozenset[str]:
        """Those that cannot be left out."""
        return frozenset(self.schema.get("required") or ())

    def item(self, index: int) -> Spec:
        """What an item of a `LIST` may be."""
        fixed = self.schema.get("prefixItems") or ()
        return read(fixed[index] if index < len(fixed) else self.schema.get("items", {}), self.root)

    @property
    def fixed_items(self) -> int:
        """How many items a tuple has; 0 for a list."""
        return len(self.schema.get("prefixItems") or ())

    @property
    def value(self) -> Spec:
        """What the values of a `MAP` may be."""
        return read(self.schema.get("additionalProperties", {}), self.root)

    def accepts(self, value: Any) -> bool:
        """Whether a value is of this kind, so that it can be shown as such; limits are not looked at."""
        if value is None:
            return self.is_nullable or (self.kind is Kind.CHOICE and None in self.choices)
        match self.kind:
            case Kind.TEXT:
                return isinstance(value, str)
            case Kind.INTEGER:
                return isinstance(value, int) and not isinstance(value, bool)
            case Kind.NUMBER:
                return isinstance(value, int | float) and not isinstance(value, bool)
            case Kind.CHOICE:
                return any(is_same(value, choice) for choice in self.choices)
            case Kind.LIST:
                return isinstance(value, list)
            case Kind.MAP:
                return isinstance(value, dict)
            case Kind.OBJECT:
                return isinstance(value, dict) and self._tags_fit(value)
            case Kind.UNION:
                return any(option.accepts(value) for option in self.options)
        return self.kind is Kind.JSON

    def fits(self, value: Any) -> bool:
        """Whether an object has all that is required and nothing unknown; anything else fits."""
        if self.kind is not Kind.OBJECT or not isinstance(value, dict):
            return True
        return self.required <= value.keys() <= self.properties.keys()

    def _tags_fit(self, value: dict[str, Any]) -> bool:
        tags = {name: spec for name, spec in self.properties.items() if spec.kind is Kind.CHOICE}
        return all(spec.accepts(value[name]) for name, spec in tags.items() if name in value)


def is_same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; to Python 1, 1.0 and true are."""
    return type(one) is type(other) and one == other


def read(schema: Any, root: Schema) -> Spec:
    """The field that a schema stands for; whatever the schema is, there is one."""
    schema = _resolved(schema, root)
    if schema is None:
        return Spec(Kind.JSON, {}, root)
    if "const" in schema:
        return Spec(Kind.CHOICE, schema, root, choices=(schema["const"],))
    if isinstance(schema.get("enum"), list):
        return Spec(Kind.CHOICE, schema, root, choices=tuple(schema["enum"]))
    if "properties" not in schema:
        for word in ("anyOf", "oneOf"):
            if isinstance(schema.get(word), list) and schema[word]:
                return _union(schema, schema[word], root)
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return _union(schema, [{**schema, "type": kind} for kind in kinds], root)
    return _plain(schema, root)


def upload(spec: Spec) -> Spec:
    """The field of a parameter that takes files of the form as well."""
    options = [*(spec.options or (replace(spec, is_nullable=False),))]
    said = {word: spec.schema[word] for word in ("description", "title", "default") if word in spec.schema}
    file = Spec(Kind.FILE, {"title": "file"}, spec.root)
    if any(option.kind is Kind.LIST for option in options):
        file = Spec(Kind.LIST, {"title": "files", "items": {"x-aana-file": True}}, spec.root)
    return Spec(Kind.UNION, said, spec.root, spec.is_nullable, options=(file, *options))


def _plain(schema: Schema, root: Schema) -> Spec:
    if schema.get("x-aana-file"):
        return Spec(Kind.FILE, schema, root)
    match schema.get("type"):
        case "string":
            return Spec(Kind.TEXT, schema, root)
        case "integer":
            return Spec(Kind.INTEGER, schema, root)
        case "number":
            return Spec(Kind.NUMBER, schema, root)
        case "boolean":
            return Spec(Kind.CHOICE, schema, root, choices=(True, False))
        case "null":
            return Spec(Kind.CHOICE, schema, root, choices=(None,))
        case "array":
            return Spec(Kind.LIST, schema, root)
        case "object" | None if isinstance(schema.get("properties"), Mapping):
            return Spec(Kind.OBJECT, schema, root)
        case "object" if isinstance(schema.get("additionalProperties"), Mapping):
            return Spec(Kind.MAP, schema, root)
    return Spec(Kind.JSON, schema, root)


def _union(schema: Schema, parts: list[Any], root: Schema) -> Spec:
    said = {word: schema[word] for word in ("description", "title", "default") if word in schema}
    specs = [read(part, root) for part in parts]
    is_nullable = any(spec.is_nullable or spec.choices == (None,) for spec in specs)
    options = [spec for spec in specs if spec.choices != (None,)]
    if not options:
        return Spec(Kind.CHOICE, schema, root, choices=(None,))
    if len(options) == 1:
        only = options[0]
        return replace(only, schema={**only.schema, **said}, is_nullable=is_nullable)
    if all(option.kind is Kind.CHOICE for option in options):
        choices = tuple(choice for option in options for choice in option.choices)
        return Spec(Kind.CHOICE, said, root, is_nullable, choices=choices)
    return Spec(Kind.UNION, {**said}, root, is_nullable, options=tuple(options))


def _resolved(schema: Any, root: Schema) -> dict[str, Any] | None:
    """The schema with what its references and its ``allOf`` stand for; None for what is no schema."""
    for _ in range(MAX_REFERENCES):
        if not isinstance(schema, Mapping):
            return None
        reference, parts = schema.get("$ref"), schema.get("allOf")
        if isinstance(reference, str):
            rest = {word: value for word, value in schema.items() if word != "$ref"}
            target = _pointed(reference, root)
            schema = {**target, **rest} if isinstance(target, Mapping) else None
        elif isinstance(parts, list) and all(isinstance(part, Mapping) for part in parts):
            rest = {word: value for word, value in schema.items() if word != "allOf"}
            merged: dict[str, Any] = {}
            for part in (*parts, rest):
                merged = _merged(merged, part)
            schema = merged
        else:
            return dict(schema)
    return None


def _merged(one: dict[str, Any], other: Schema) -> dict[str, Any]:
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = [*one["required"], *other["required"]]
    return merged


def _pointed(reference: str, root: Schema) -> Any:
    """What a JSON pointer into the same schema leads to."""
    if not reference.startswith("#"):
        return None
    found: Any = root
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


_NAMES = {
    Kind.TEXT: "str", Kind.INTEGER: "int", Kind.NUMBER: "float", Kind.FILE: "file", Kind.JSON: "JSON",
}  # fmt: skip
_LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "multipleOf": "multiple of {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "minItems": "items ≥ {}",
    "maxItems": "items ≤ {}",
}


def type_text(spec: Spec, depth: int = 2) -> str:
    """The type as a reader of Python would write it: ``list[str]``, ``int | None``, ``"png" | "jpeg"``."""
    text = _type_text(spec, depth)
    return f"{text} | None" if spec.is_nullable else text


def _type_text(spec: Spec, depth: int) -> str:
    match spec.kind:
        case Kind.CHOICE if spec.choices == (True, False):
            return "bool"
        case Kind.CHOICE:
            return " | ".join(json.dumps(choice, ensure_ascii=False) for choice in spec.choices)
        case Kind.UNION if depth:
            return " | ".join(dict.fromkeys(_type_text(option, depth - 1) for option in spec.options))
        case Kind.LIST if depth and spec.fixed_items:
            return f"tuple[{', '.join(type_text(spec.item(at), depth - 1) for at in range(spec.fixed_items))}]"
        case Kind.LIST if depth:
            return f"list[{type_text(spec.item(0), depth - 1)}]"
        case Kind.MAP if depth:
            return f"dict[str, {type_text(spec.value, depth - 1)}]"
        case Kind.TEXT:
            for word in ("format", "contentEncoding"):
                if word in spec.schema:
                    return f"str ({spec.schema[word]})"
    return _NAMES.get(spec.kind) or str(spec.schema.get("title") or spec.kind)


def field_text(spec: Spec) -> str:
    """The type with its limits."""
    limits = [text.format(spec.schema[word]) for word, text in _LIMITS.items() if word in spec.schema]
    return ", ".join([type_text(spec), *limits])
