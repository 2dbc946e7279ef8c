"""What the simulated endpoints take, as pydantic would say it."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def request(name: str, properties: Schema, required: tuple[str, ...] = (), defs: Schema | None = None) -> Schema:
    """The schema of a request."""
    schema = {
        "title": name, "type": "object", "additionalProperties": False, "properties": properties,
        "required": list(required),
    }  # fmt: skip
    return {**schema, "$defs": defs} if defs else schema


def optional(schema: Schema, default: Any = None, description: str = "") -> Schema:
    """The same or null."""
    said = {"anyOf": [schema, {"type": "null"}], "default": default}
    return {**said, "description": description} if description else said


def _media(kind: str, description: str) -> Schema:
    document = {
        "type": "object", "title": kind, "additionalProperties": False,
        "oneOf": [{"required": ["url"]}, {"required": ["content"]}],
        "properties": {
            "url": {"type": "string", "description": "An http, https or data URL."},
            "content": {"type": "string", "contentEncoding": "base64", "description": "The bytes in base64."},
            "filename": {"type": "string", "description": "The file's name."},
        },
    }  # fmt: skip
    return {"anyOf": [document, {"type": "string", "title": "URL"}], "description": description, "title": kind}


TRANSCRIBE = request(
    "TranscribeRequest",
    {
        "media": _media("Audio", "The recording: a file of the form, a URL or base64."),
        "language": optional({"enum": ["de", "en", "es", "et", "fr"], "type": "string"}, None, "Found out by itself."),
        "temperature": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.0},
        "words": {"type": "boolean", "default": False, "description": "Say when each word was spoken."},
    },
    ("media",),
)
CHAT = request(
    "ChatRequest",
    {
        "messages": {
            "type": "array", "items": {"$ref": "#/$defs/Message"}, "minItems": 1,
            "description": "The conversation so far, the oldest first.",
        },
        "sampling": {"anyOf": [{"$ref": "#/$defs/Nucleus"}, {"$ref": "#/$defs/Greedy"}],
                     "default": {"kind": "greedy"}, "description": "How the next token is chosen."},
        "max_tokens": {"type": "integer", "minimum": 1, "maximum": 4096, "default": 48},
        "stop": optional({"type": "array", "items": {"type": "string"}, "maxItems": 4}),
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
        "pause_s": {"type": "number", "minimum": 0, "default": 0.05, "description": "Between two tokens."},
    },
    ("messages",),
    {
        "Message": {
            "type": "object", "title": "Message", "additionalProperties": False, "required": ["role", "content"],
            "properties": {
                "role": {"enum": ["system", "user", "assistant"], "type": "string"},
                "content": {"type": "string", "minLength": 1, "description": "What is said."},
            },
        },
        "Nucleus": {
            "type": "object", "title": "Nucleus", "additionalProperties": False, "required": ["kind"],
            "properties": {
                "kind": {"const": "nucleus", "type": "string"},
                "top_p": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.9},
                "seed": optional({"type": "integer"}),
            },
        },
        "Greedy": {
            "type": "object", "title": "Greedy", "additionalProperties": False, "required": ["kind"],
            "properties": {"kind": {"const": "greedy", "type": "string"}},
        },
    },
)  # fmt: skip
DRAW = request(
    "DrawRequest",
    {
        "prompt": {"type": "string", "minLength": 1, "description": "What is looked for."},
        "size": {"type": "array", "prefixItems": [{"type": "integer", "minimum": 8}, {"type": "integer", "minimum": 8}],
                 "minItems": 2, "maxItems": 2, "default": [320, 240], "description": "Width and height in pixels."},
        "image": {"anyOf": [{"type": "string", "contentEncoding": "base64"}, {"type": "null"}], "default": None},
    },
    ("prompt",),
)  # fmt: skip
SPEAK = request(
    "SpeakRequest",
    {
        "text": {"type": "string", "minLength": 1},
        "seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 10, "default": 1.0},
    },
    ("text",),
)
RERANK = request(
    "RerankRequest",
    {
        "query": {"type": "string"},
        "documents": {"type": "array", "items": {"type": "string"}, "maxItems": 100},
        "seconds": {"type": "number", "minimum": 0, "maximum": 600, "default": 0.0, "description": "How slow it is."},
    },
    ("query", "documents"),
)
TEXTS = request(
    "TextRequest",
    {"text": {"type": "array", "items": {"type": "string"}, "description": "Lines of text."}},
    ("text",),
)
