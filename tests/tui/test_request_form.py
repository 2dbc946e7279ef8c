"""The form that is made of a JSON schema."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aana_tui.demo import endpoint_schemas
from aana_tui.state.json_text import JsonFault, parse
from aana_tui.state.request_form import Entry, RequestForm, State
from aana_tui.state.schema_fields import MISSING, Kind, field_text, read
from aanad.wire.problems import FieldError

PROJECTS = Path(__file__).parents[1] / "projects"
NAMES = ("playground", "studio", "intake", "darkroom", "chatter", "faulty", "reception")
SIMULATED = {
    name: schema for name, schema in vars(endpoint_schemas).items() if name.isupper() and isinstance(schema, dict)
}


READ = """
import json, sys
from aanad.sdk.loading import find_app
found = {
    name: [(one.name, one.request_schema(), [*one.signature.uploads]) for one in find_app(name)[1].endpoints.values()]
    for name in sys.argv[1:]
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def real_schemas() -> dict[str, list[Any]]:
    """Those of every endpoint of the projects that tests have, as the loader makes them; none is imported here."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECTS), str(PROJECTS.parents[1])])}
    command = [sys.executable, "-c", READ, *NAMES]
    done = subprocess.run(command, check=True, capture_output=True, env=environment, cwd=PROJECTS)
    schemas: dict[str, list[Any]] = json.loads(done.stdout.splitlines()[-1])
    return {**schemas, "demo": [(name, schema, []) for name, schema in SIMULATED.items()]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
EVERYTHING = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer", "minimum": 1},
        "ratio": {"type": "number"},
        "flag": {"type": "boolean"},
        "style": {"enum": ["plain", "bold", 1, None]},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "words": {"type": "array", "items": {"type": "string"}},
        "size": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}]},
        "labels": {"type": "object", "additionalProperties": {"type": "integer"}},
        "either": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
        "self": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "any": {},
    },
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
            "required": ["name"],
        }
    },
}


def same(one: Any, other: Any) -> bool:
    """Whether two documents are the same JSON, where 1 is not true and not 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(
    document=st.one_of(
        JSON,
        st.dictionaries(st.sampled_from([*EVERYTHING["properties"], "unknown"]), JSON, max_size=8),  # type: ignore[misc]
    )
)
@settings(deadline=None, max_examples=300)
def test_any_document_is_shown_and_comes_back(document: Any) -> None:
    """What does not fit a field, what is unknown, even what is no object: nothing of it is lost or changed."""
    form = RequestForm(EVERYTHING)
    form.fill(document)

    assert same(document, form.document())


@given(texts=st.lists(st.text(max_size=20), min_size=12, max_size=12))
@settings(deadline=None, max_examples=100)
def test_whatever_is_typed_comes_back_the_same(texts: list[str]) -> None:
    """A form makes a document, the document makes a form, and that the same document."""
    form = RequestForm(EVERYTHING)
    for entry, text in zip(form.root.children, texts, strict=True):
        if entry.is_leaf:
            entry.type(text)
    document = form.document()
    other = RequestForm(EVERYTHING)
    other.fill(document)

    assert same(document, other.document())
    assert same(document, parse(json.dumps(document)))


def fill_in(entry: Entry, *, everything: bool) -> None:  # noqa: C901 - a line for each kind
    """Fill a form in as a person would: something that fits into each field."""
    if entry.state is not State.GIVEN and (entry.is_required or everything):
        entry.give()
    if entry.state is not State.GIVEN:
        return
    schema = entry.spec.schema
    match entry.kind:
        case Kind.CHOICE:
            entry.choose(0)
        case Kind.TEXT:
            entry.type(text_for(schema))
        case Kind.INTEGER | Kind.NUMBER:
            entry.type(str(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)))
        case Kind.JSON:
            entry.type('{"a": [1]}')
        case Kind.LIST if entry.grows:
            fill_in(entry.add(), everything=everything)
        case Kind.MAP:
            fill_in(entry.add("key"), everything=everything)
        case Kind.UNION if entry.spec.options[entry.option].schema.get("title") in {"file", "files"}:
            entry.choose(len(entry.spec.options) - 1)
    for child in entry.children:
        one_of = schema.get("oneOf")
        if one_of and child.name in one_of[0]["required"]:
            child.give()
        elif one_of:
            continue  # exactly one of several
        fill_in(child, everything=everything and entry.depth < 4)


def text_for(schema: Any) -> str:
    """A text of this schema."""
    if schema.get("contentEncoding") == "base64":
        return "aGVsbG8="
    return "https://example.com/a" if "[hH]" in schema.get("pattern", "") else "hello"


@pytest.mark.parametrize("project", [*NAMES, "demo"])
@pytest.mark.parametrize("everything", [False, True], ids=["required", "all"])
def test_a_form_that_is_filled_in_makes_a_document_that_the_schema_takes(
    real_schemas: dict[str, list[Any]], project: str, *, everything: bool
) -> None:
    """For every endpoint: with what is required, and with all that can be given; the form says it is right."""
    assert real_schemas[project]
    for name, schema, uploads in real_schemas[project]:
        form = RequestForm(schema, uploads)
        fill_in(form.root, everything=everything)
        document = form.document()

        jsonschema.Draft202012Validator(schema).validate(document)
        assert form.check(), (name, [(one.name, one.faults()) for one in form.root.walk() if one.faults()])
        assert not any(one.kind is Kind.JSON for one in form.root.walk()), f"{name} is not shown as fields"


def entry_of(schema: Any, document: Any = MISSING) -> Entry:
    """The only field of a request."""
    form = RequestForm({"type": "object", "properties": {"field": schema}, "required": ["field"]})
    if document is not MISSING:
        form.fill({"field": document})
    return form.root.children[0]


@pytest.mark.parametrize(
    ("schema", "typed", "sentence"),
    [
        ({"type": "integer"}, "abc", "must be an integer"),
        ({"type": "integer"}, "1.5", "must be an integer"),
        ({"type": "integer", "minimum": 1}, "0", "must be at least 1"),
        ({"type": "integer", "multipleOf": 8}, "12", "must be a multiple of 8"),
        ({"type": "number", "exclusiveMaximum": 2}, "2", "must be less than 2"),
        ({"type": "number"}, "NaN", "must be a number"),
        ({"type": "string", "minLength": 3}, "ab", "must have at least 3 characters"),
        ({"type": "string", "maxLength": 1}, "ab", "must have at most 1 character"),
        ({"type": "string", "pattern": "^a+$"}, "b", "must match the pattern ^a+$"),
        ({"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z=]*$"}, "?", "must be base64"),
        ({}, '{"a": ', "line 1, column 7: a value is missing"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(schema: Any, typed: str, sentence: str) -> None:
    """Before anything is sent, in the daemon's words."""
    entry = entry_of(schema)
    entry.type(typed)

    assert [sentence] == entry.faults()


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?=a)a", "[", "^(a|a)*$"])
def test_a_pattern_that_never_ends_or_is_none_stops_nobody(pattern: str) -> None:
    """The endpoint has the last word on a pattern that only it can read; and no pattern can hang the console."""
    entry = entry_of({"type": "string", "pattern": pattern})
    entry.type("a" * 5000)

    assert [] == entry.faults()


def test_nothing_typed_is_nothing_sent_and_says_what_is_missing() -> None:
    """A required field that was left empty is named; one with a default is left to the endpoint."""
    fields = {"a": {"type": "string"}, "b": {"type": "integer", "default": 3}}
    form = RequestForm({"type": "object", "properties": fields, "required": ["a"]})

    assert {} == form.document()
    assert not form.check()
    assert ["is required"] == form.root.children[0].faults()

    form.root.children[0].give()  # an empty text, on purpose

    assert form.check()
    assert {"a": ""} == form.document()


def test_a_schema_that_refers_to_itself_is_unfolded_only_as_far_as_one_opens_it() -> None:
    """Even where each level requires the next one."""
    endless = {"$ref": "#/$defs/Node", "$defs": {"Node": {
        "type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": ["next"]}}}  # fmt: skip
    loop = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}

    assert sum(1 for _ in RequestForm(endless).root.walk()) < 12
    assert Kind.JSON is RequestForm(loop).root.kind


@pytest.mark.parametrize("schema", [True, False, [], "x", None, {"type": 7}, {"anyOf": []}, {"$ref": "https://x/y"},
                                    {"allOf": [3]}, {"properties": {"a": 1}}, {"enum": []}])  # fmt: skip
def test_a_schema_that_makes_no_sense_is_a_field_of_json(schema: Any) -> None:
    """Whatever an endpoint says of itself, something can be typed, and nothing breaks."""
    form = RequestForm({"type": "object", "properties": {"a": schema}})
    form.fill({"a": {"b": [1]}})

    assert {"a": {"b": [1]}} == form.document()
    form.check()


def test_choosing_another_kind_of_value_loses_nothing() -> None:
    """What was typed as one kind is there again when one comes back to it."""
    entry = entry_of({"anyOf": [{"type": "string"}, {"type": "integer"}]})
    entry.children[0].type("hello")
    entry.choose(1)
    entry.children[0].type("5")
    assert 5 == entry.value()
    entry.choose(0)

    assert "hello" == entry.value()


def test_an_object_is_shown_as_the_one_its_tag_says() -> None:
    """Of several kinds of objects the constant tells which it is."""
    form = RequestForm(endpoint_schemas.CHAT)
    form.fill({"messages": [], "sampling": {"kind": "greedy"}})
    sampling = form.root.children[1]

    assert "Greedy" == sampling.spec.options[sampling.option].schema["title"]
    sampling.choose(0)
    assert {"kind": "nucleus"} == sampling.value()


def test_files_go_beside_the_document() -> None:
    """A parameter that takes files is one in the beginning, and may be a URL or base64 instead."""
    form = RequestForm(endpoint_schemas.TRANSCRIBE, ["media"])
    media = form.root.children[0]
    media.children[0].type("~/no such file.wav")

    assert [("media", "~/no such file.wav")] == form.files()
    assert {} == form.document()
    assert ["no such file"] == media.children[0].faults()

    form.fill({"words": True})

    assert [("media", "~/no such file.wav")] == form.files()
    form.fill({"media": "https://example.com/a.wav"})
    assert [] == form.files()


def test_what_the_endpoint_says_is_shown_at_its_field() -> None:
    """Through lists, unions and maps; what belongs to no field comes back."""
    form = RequestForm(endpoint_schemas.CHAT)
    form.fill({"messages": [{"role": "user", "content": "x"}], "labels": {"a.b": "c"}, "sampling": {"kind": "nucleus"}})
    homeless = form.tell(
        FieldError(field=field, message=f"wrong {number}")
        for number, field in enumerate(
            ("body.messages.0.content", "body.labels.a.b", "body.sampling.top_p", "body.max_tokens.x", "query.q")
        )
    )
    told = {entry.name: entry.told for entry in form.root.walk() if entry.told}

    assert {
        "content": ["wrong 0"], "a.b": ["wrong 1"], "top_p": ["wrong 2"], "max_tokens": ["wrong 3"],
    } == told  # fmt: skip
    assert ["query.q: wrong 4"] == homeless


def test_typing_takes_away_what_was_said_of_the_field() -> None:
    """It was about another value."""
    form = RequestForm({"type": "object", "properties": {"a": {"type": "string"}}})
    form.root.children[0].type("x")
    form.tell([FieldError(field="body.a", message="is taken")])
    assert ["is taken"] == form.root.children[0].faults()
    form.root.children[0].type("xy")

    assert [] == form.root.children[0].faults()


def test_types_are_written_as_python_does() -> None:
    """With their limits, and unions with what they may be."""
    schema = {"anyOf": [{"type": "array", "items": {"type": "string"}, "maxItems": 4}, {"type": "null"}]}

    assert "list[str] | None, items ≤ 4" == field_text(read(schema, schema))


@pytest.mark.parametrize("text", ["{", '{"a" 1}', "[1,]", "NaN", '{"a": Infinity}', '"', "1 2", "[" * 100_000, ""])
def test_what_is_no_json_is_said_with_its_place(text: str) -> None:
    """Line and column, whatever it is."""
    with pytest.raises(JsonFault, match=r"^line \d+, column \d+: "):
        parse(text)
