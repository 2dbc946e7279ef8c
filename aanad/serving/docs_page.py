"""A project's docs page: plain HTML with nothing loaded from anywhere, so it works on a box without internet."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from aanad.serving.router_docs import operations

if TYPE_CHECKING:
    from aanad.sdk.app import AanaSDK
    from aanad.sdk.endpoint import EndpointOptions, RegisteredEndpoint
    from aanad.sdk.signature import JsonSchema

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ margin-top: 2.5rem; border-top: 1px solid #ccc; padding-top: 1rem; }}
code, pre, textarea {{ font: 13px/1.5 ui-monospace, monospace; }}
pre, textarea {{ background: #f5f5f5; color: #111; padding: .7rem; overflow: auto; }}
pre, textarea {{ width: 100%; box-sizing: border-box; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p><a href="{prefix}/openapi.json">openapi.json</a></p>
{sections}
<script>
for (const form of document.forms) form.addEventListener("submit", async (event) => {{
  event.preventDefault();
  const out = form.querySelector("pre");
  out.textContent = "…";
  try {{
    const response = await fetch(form.action, {{
      method: "POST", headers: {{"content-type": "application/json"}}, body: form.elements.body.value}});
    out.textContent = response.status + "\\n";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part; !(part = await reader.read()).done;) out.textContent += part.value;
  }} catch (error) {{ out.textContent = String(error); }}
}});
</script>
</body>
</html>
"""

_SECTION = """<h2 id="{name}">{name}</h2>
<p>{summary}</p>
{description}<p><code>POST {path}</code>{streaming}{options}</p>
{fields}
<form action="{path}">
<textarea name="body" rows="{rows}" spellcheck="false" aria-label="request">{example}</textarea>
<p><button>Send</button></p>
<pre aria-live="polite"></pre>
</form>
<details><summary>As curl</summary><pre>{curl}</pre></details>
<details><summary>Schema of the request</summary><pre>{request}</pre></details>
<details><summary>Schema of the answer</summary><pre>{response}</pre></details>
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
    return _PAGE.format(title=escape(app.name), prefix=escape(prefix), sections=sections)


def _section(endpoint: RegisteredEndpoint, prefix: str) -> str:
    request = endpoint.request_schema()
    path = f"{prefix}{endpoint.path}"
    example = json.dumps(_example(request, request.get("$defs", {})), indent=2, ensure_ascii=False)
    compact = json.dumps(json.loads(example), ensure_ascii=False).replace("'", "'\\''")
    return _SECTION.format(
        name=escape(endpoint.name),
        summary=escape(endpoint.summary),
        path=escape(path),
        description=_description(endpoint.options.description),
        options=escape(_options(endpoint.options)),
        streaming=" · streams one JSON document a line" if endpoint.streaming else "",
        fields=_fields(request),
        rows=min(12, example.count("\n") + 2),
        example=escape(example),
        curl=escape(f"curl -H 'content-type: application/json' -d '{compact}' http://127.0.0.1:8000{path}"),
        request=escape(json.dumps(request, indent=2, ensure_ascii=False)),
        response=escape(json.dumps(endpoint.response_schema(), indent=2, ensure_ascii=False)),
    )


def _description(text: str) -> str:
    """As it was written: Markdown reads well enough, and a renderer would have to come from somewhere."""
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>\n' if text else ""


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
