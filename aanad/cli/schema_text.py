"""JSON Schemas as a reader of Python would write them: ``list[str]``, ``int | None``, ``"png" | "jpeg"``."""

from __future__ import annotations

import json
from typing import Any

Schema = dict[str, Any]

_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "object"}
_LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "minItems": "items ≥ {}",
    "maxItems": "items ≤ {}",
    "pattern": "like {}",
}


def type_text(schema: Schema) -> str:
    """The type that a schema stands for, without its limits."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " | ".join(dict.fromkeys(type_text(part) for part in schema[word]))
    kinds = schema.get("type", "any")
    return " | ".join(_plain(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def field_text(schema: Schema) -> str:
    """The type of a field with its limits."""
    said = {word: value for word, value in schema.items() if word != "pattern" or "contentEncoding" not in schema}
    limits = [text.format(said[word]) for word, text in _LIMITS.items() if word in said]
    return ", ".join([type_text(schema), *limits])


def _plain(kind: str, schema: Schema) -> str:
    match kind:
        case "array":
            return _array(schema)
        case "object":
            return _object(schema)
        case "string" if "contentEncoding" in schema:
            return f"str ({schema['contentEncoding']})"
        case "string" if "format" in schema:
            return f"str ({schema['format']})"
    return _NAMES.get(kind, kind)


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"tuple[{', '.join(type_text(item) for item in schema['prefixItems'])}]"
    items = schema.get("items")
    return f"list[{type_text(items)}]" if isinstance(items, dict) and items else "list"


def _object(schema: Schema) -> str:
    if properties := schema.get("properties"):
        required = schema.get("required", [])
        shown = (f"{name}{'' if name in required else '?'}: {type_text(part)}" for name, part in properties.items())
        return "{" + ", ".join(shown) + "}"
    values = schema.get("additionalProperties")
    return f"dict[str, {type_text(values)}]" if isinstance(values, dict) and values else "object"
