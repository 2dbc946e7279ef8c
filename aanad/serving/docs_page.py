"""A project's docs page: plain HTML with nothing loaded from anywhere, so it works on a box without internet."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from aanad.sdk.answer_kinds import AnswerKind
from aanad.sdk.models import media_types
from aanad.serving.router_docs import operations

if TYPE_CHECKING:
    from aanad.sdk.answer_kinds import Answer
    from aanad.sdk.app import AanaSDK
    from aanad.sdk.endpoint import EndpointOptions, RegisteredEndpoint
    from aanad.sdk.signature import JsonSchema
    from aanad.sdk.upload_fields import UploadField

_PAGE = Template(Path(__file__).with_name("docs_page.html").read_text(encoding="utf-8"))

_SECTION = """<h2 id="{name}">{name}</h2>
<p>{summary}</p>
{description}<p><code>POST {path}</code>{options}</p>
<p>Answers {answer}.</p>
{fields}
<form action="{path}">
<textarea name="body" rows="{rows}" spellcheck="false" aria-label="request">{example}</textarea>
{files}<p>{accept}<button>Send</button></p>
<div class="media" aria-live="polite"></div>
<pre class="answer" aria-live="polite"></pre>
</form>
<details><summary>As curl</summary><pre>{curl}</pre></details>
<details><summary>Schema of the request</summary><pre>{request}</pre></details>
<details><summary>Schema of the answer{in_json}</summary><pre>{response}</pre></details>
"""

_ROUTES = """<h2>Further routes</h2>
<table><tr><th>route</th><th></th></tr>{rows}</table>
"""

MAX_DEPTH = 5
"""A type that contains itself ends there."""
_EXAMPLES = {"array": [], "integer": 0, "number": 0, "boolean": False, "null": None}


def render(app: AanaSDK, prefix: str, document: dict[str, Any]) -> str:
    """The page, for a project served under `prefix` with that OpenAPI document."""
    sections = "\n".join(_section(endpoint, prefix) for endpoint in app.endpoints.values())
    sections += _further_routes(app, prefix, document)
    return _PAGE.substitute(title=escape(app.name), prefix=escape(prefix), sections=sections)


def _section(endpoint: RegisteredEndpoint, prefix: str) -> str:
    request = endpoint.request_schema()
    answer = endpoint.signature.answer
    path = f"{prefix}{endpoint.path}"
    example = _example(request, request.get("$defs", {}))
    for name in endpoint.signature.uploads:
        example.pop(name, None)  # the form has a place of its own for it
    text = json.dumps(example, indent=2, ensure_ascii=False)
    return _SECTION.format(
        name=escape(endpoint.name),
        summary=escape(endpoint.summary),
        path=escape(path),
        description=_description(endpoint.options.description),
        options=escape(_options(endpoint.options)),
        answer=_answer(answer),
        fields=_fields(request),
        rows=min(12, text.count("\n") + 2),
        example=escape(text),
        files="".join(_file_input(name, field) for name, field in endpoint.signature.uploads.items()),
        accept=_accept(answer),
        curl=escape(_curl(endpoint, example, path)),
        request=escape(json.dumps(request, indent=2, ensure_ascii=False)),
        in_json=" in JSON" if answer.is_binary else "",
        response=escape(json.dumps(endpoint.response_schema(), indent=2, ensure_ascii=False)),
    )


def _answer(answer: Answer) -> str:
    """What comes back, in words."""
    types = " or ".join(f"<code>{escape(each)}</code>" for each in answer.media_types)
    what = {
        AnswerKind.JSON: f"with {types}",
        AnswerKind.STREAM: f"with a stream, a chunk at a time: {types}",
        AnswerKind.BYTE_STREAM: f"with a stream of bytes: {types}",
    }.get(answer.kind, f"with {answer.kind.value}: {types}")
    if answer.is_open:
        what += ", or whatever media type it is of"
    return what + (", or nothing (204)" if answer.may_be_empty else "")


def _accept(answer: Answer) -> str:
    """A choice of media types, where there is one."""
    first, *others = answer.media_types
    if not others:
        return '<input type="hidden" name="accept" value="*/*">'
    values = [("*/*" if answer.is_open else first, "as it is" if answer.is_open else first)]
    values += [(each, each) for each in others]
    options = "".join(f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in values)
    return f'<label>Answer: <select name="accept">{options}</select></label> '


def _file_input(name: str, field: UploadField) -> str:
    wanted = "" if "*/*" in field.media_types else f' accept="{escape(",".join(field.media_types))}"'
    many = " multiple" if field.many else ""
    return (
        f'<p><label><code>{escape(name)}</code>: <input type="file" name="{escape(name)}"{wanted}{many}></label></p>\n'
    )


def _curl(endpoint: RegisteredEndpoint, example: Any, path: str) -> str:
    body = json.dumps(example, ensure_ascii=False).replace("'", "'\\''")
    answer = endpoint.signature.answer
    parts = ["curl"]
    if answer.is_binary:
        parts.append(f"-o answer{media_types.suffix_of(answer.media_types[0])}")
    if endpoint.signature.uploads:
        parts.append(f"-F body='{body}'")
        parts += [f"-F {name}=@{name}" for name in endpoint.signature.uploads]
    else:
        parts.append(f"-H 'content-type: application/json' -d '{body}'")
    return " ".join([*parts, f"http://127.0.0.1:8000{path}"])


def _description(text: str) -> str:
    """As it was written: Markdown reads well enough, and a renderer would have to come from somewhere."""
    return f'<p class="text">{escape(text)}</p>\n' if text else ""


def _options(options: EndpointOptions) -> str:
    found = list(options.tags)
    if options.timeout_s is not None:
        found.append(f"answers within {options.timeout_s:g} s")
    if options.max_concurrent is not None:
        found.append(f"{options.max_concurrent} at once")
        if options.max_queued is not None:
            found.append(f"{options.max_queued} waiting")
    return "".join(f" · {each}" for each in found)


def _further_routes(app: AanaSDK, prefix: str, document: dict[str, Any]) -> str:
    """What routers answer, as far as the document has it."""
    own = {endpoint.path for endpoint in app.endpoints.values()}
    rows = [
        f"<tr><td><code>{method.upper()} {escape(prefix + path)}</code></td>"
        f"<td>{escape(operation.get('summary', ''))}</td></tr>"
        for method, path, operation in operations(document)
        if path not in own
    ]
    return _ROUTES.format(rows="".join(rows)) if rows else ""


def _fields(request: JsonSchema) -> str:
    required = set(request.get("required", ()))
    rows = []
    for name, schema in request.get("properties", {}).items():
        default = "required" if name in required else f"default {json.dumps(schema.get('default'))}"
        cells = (f"<code>{escape(name)}</code>", escape(_type(schema)), escape(default))
        rows.append(f"<tr><td>{'</td><td>'.join(cells)}</td><td>{escape(schema.get('description', ''))}</td></tr>")
    if not rows:
        return "<p>Takes no fields.</p>"
    return f"<table><tr><th>field</th><th>type</th><th></th><th></th></tr>{''.join(rows)}</table>"


def _type(schema: JsonSchema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def _example(schema: JsonSchema, defs: dict[str, Any], depth: int = 0) -> Any:
    """A value to start from; shows the shape, means nothing."""
    match schema:
        case {"default": value} | {"const": value} | {"enum": [value, *_]} | {"examples": [value, *_]}:
            return value
        case {"$ref": str(ref)}:
            return _example(defs.get(ref.rpartition("/")[2], {}), defs, depth + 1) if depth < MAX_DEPTH else {}
        case {"anyOf": [option, *_]}:
            return _example(option, defs, depth)
        case {"type": "object"}:
            properties = schema.get("properties", {})
            return {name: _example(properties[name], defs, depth) for name in schema.get("required", ())}
        case {"type": "array", "items": dict(item)}:
            return [_example(item, defs, depth)]
        case {"type": str(kind)} if kind in _EXAMPLES:
            return schema.get("minimum", _EXAMPLES[kind])
    return "text"
