"""From a form to the JSON document that an endpoint's validator reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from aanad.serving.inputs.forms import BODY
from aanad.serving.inputs.json_bodies import check_depth
from aanad.serving.inputs.refusals import form_hint, wrong_form

if TYPE_CHECKING:
    from aanad.sdk.models.inputs import Upload
    from aanad.sdk.signature import JsonSchema, Signature
    from aanad.serving.inputs.forms import Form


class FormReader:
    """Knows the parameters of one endpoint."""

    def __init__(self, signature: Signature) -> None:
        schema = signature.request_schema()
        definitions = schema.get("$defs", {})
        self.uploads = signature.uploads
        properties = schema.get("properties", {})
        self._names = list(properties)
        self._text = {name: _text(each, definitions) for name, each in properties.items()}
        self._item_text = {
            name: _text(items, definitions)
            for name, each in properties.items()
            if (items := _items(each, definitions)) is not None
        }
        self.hint = form_hint(self._names, self.uploads)

    def document(self, form: Form, max_depth: int) -> tuple[bytes, list[Upload]]:
        """The JSON document, and the uploads that it names by their index.

        Raises:
            RequestRefused: a field or a file that the endpoint does not know, that is given twice or nested too deep.
        """
        texts: dict[str, list[str]] = {}
        for name, text in form.fields:
            texts.setdefault(name, []).append(text)
        self._check_names(texts)
        bodies = texts.pop(BODY, [])
        if len(bodies) > 1:
            raise wrong_form("The form has more than one field 'body'.", self.hint)
        whole = bodies[0].encode() if bodies else b"{}"
        check_depth(whole, max_depth)
        if not texts and not form.files:
            return whole, []
        try:
            document = from_json(whole)
        except ValueError:
            return whole, []  # the validator says what is wrong with it
        if not isinstance(document, dict):
            return whole, []
        given = self._given(texts, form, max_depth)
        if twice := sorted(given.keys() & document.keys()):
            raise self._twice(twice[0])
        return to_json(document | given, inf_nan_mode="constants"), [upload for _, upload in form.files]

    def _given(self, texts: dict[str, list[str]], form: Form, max_depth: int) -> dict[str, Any]:
        """The values of fields and files."""
        given = {name: self._value(name, values, max_depth) for name, values in texts.items()}
        indexes: dict[str, list[Any]] = {}
        for index, (name, _) in enumerate(form.files):
            indexes.setdefault(name, []).append({"upload": index})
        for name, references in indexes.items():
            if name in given:
                raise self._twice(name)
            given[name] = self._file(name, references)
        return given

    def _check_names(self, texts: dict[str, list[str]]) -> None:
        unknown = [name for name in texts if name != BODY and name not in self._text]
        if unknown:
            raise wrong_form(f"The form has an unknown field {unknown[0][:80]!r}.", self.hint)

    def _value(self, name: str, texts: list[str], max_depth: int) -> Any:
        for text in texts:
            check_depth(text.encode(), max_depth)
        # No file is a part that is left out, not the word null.
        whole = ("[",) if name in self.uploads else ("[", "null")
        if name in self._item_text and (len(texts) > 1 or not texts[0].lstrip().startswith(whole)):
            return [_read(text, self._item_text[name]) for text in texts]
        if len(texts) > 1:
            raise self._twice(name)
        return _read(texts[0], self._text[name])

    def _file(self, name: str, references: list[Any]) -> Any:
        if self.uploads[name].many:
            return references
        if len(references) > 1:
            raise self._twice(name)
        return references[0]

    def _twice(self, name: str) -> Exception:
        return wrong_form(f"The form has {name!r} more than once, and it takes one value.", self.hint, field=name)


def _resolved(schema: JsonSchema, definitions: JsonSchema) -> JsonSchema:
    reference = schema.get("$ref", "")
    return definitions.get(reference.rpartition("/")[2], {}) if reference else schema


def _alternatives(schema: JsonSchema, definitions: JsonSchema) -> list[JsonSchema]:
    found = _resolved(schema, definitions)
    parts = found.get("anyOf") or found.get("oneOf") or found.get("allOf")
    if not parts:
        return [found]
    return [found for part in parts for found in _alternatives(part, definitions)]


def _text(schema: JsonSchema, definitions: JsonSchema) -> str | None:
    """What text for this schema begins with where it is JSON nevertheless; None where it always is."""
    alternatives = _alternatives(schema, definitions)
    for each in alternatives:
        values = each.get("enum") or ([each["const"]] if "const" in each else [])
        if each.get("type") == "string" or any(isinstance(value, str) for value in values):
            types = {other.get("type") for other in alternatives}
            return ("{" if "object" in types else "") + ("[" if "array" in types else "")
    return None


def _items(schema: JsonSchema, definitions: JsonSchema) -> JsonSchema | None:
    """The schema of a list's items, None for what takes no list."""
    for each in _alternatives(schema, definitions):
        if each.get("type") == "array":
            items = each.get("items")
            return items if isinstance(items, dict) else {}
    return None


def _read(text: str, json_begins_with: str | None) -> Any:
    if json_begins_with is not None and not text.lstrip().startswith(tuple(json_begins_with)):
        return text
    try:
        return from_json(text)
    except ValueError:
        return text  # right for what takes anything; for the rest the validator says what it wants
