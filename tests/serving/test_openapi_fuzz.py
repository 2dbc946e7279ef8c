"""Every project's OpenAPI document is true: what it allows is answered, what it does not is refused, nothing breaks."""

from __future__ import annotations

import gc
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import schemathesis
from schemathesis.python.asgi import shutdown_lifespans

from aanad.sdk.loading import find_app
from tests.serving import openapi_fuzz

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

LEFT_OUT: dict[str, dict[str, str]] = {
    "playground": {
        "/count": "counts as far as it is told, and may be told to fail",
        "/sleep": "blocks for as long as it is told",
    },
    "studio": {
        "/radio": "plays as long as it is told, and may be told to fail",
    },
    "faulty": {
        "/fail": "fails, hangs or dies as it is told",
        "/chain": "the same through another deployment",
        "/slow": "waits for as long as it is told",
        "/stream": "streams for as long as it is told",
        "/pids": "calls as often as it is told",
    },
    "chatter": {
        "/chorus": "writes as often as it is told, and waits as long",
        "/last_words": "kills its process",
    },
    "narrator": {
        "/tell": "waits until it is let go on",
    },
    "reception": {
        "/desk": "stays until somebody lets it go",
        "/wait": "takes longer than its limit: 504 is what it is for",
        "/calls": "takes longer than its limit: 504 is what it is for",
        "/visitors/crash": "raises by accident: 500 is what it is for",
    },
}
"""Endpoints that are not called, by project, and why."""
OWN: dict[str, set[tuple[str, int]]] = {
    "playground": {("/missing", 404)},
    "reception": {("/badge", 403)},
}
"""Errors that authors raise by themselves: their status stands under ``default``."""
REFUSALS: dict[str, dict[str, list[str]]] = {
    "playground": {"/missing": ["404"], "/fail": ["500"], "/wrong": ["500"]},
    "studio": {"/path": ["500"], "/count": ["500"]},
    "reception": {"/badge": ["403"]},
    "intake": {"/describe": ["422"], "/gather": ["422"], "/picture": ["422"]},
}
"""Statuses of requests that fit their schema and are refused all the same, by project and path.

Some endpoints raise, or return what they must not, on purpose. And whether bytes are an image, or a URL may be fetched,
no schema can say.
"""
UNCHECKED: dict[str, dict[str, list[str]]] = {
    # POST is documented under /visitors/{name}, which answers here as well: Allow is right to name it.
    "reception": {"/visitors/ledger": ["allow_header_conformance"]},
    "playground": {"/fail": ["not_a_server_error"], "/wrong": ["not_a_server_error"]},
    # Of pixels there are millions, which take longer to check than to answer.
    "studio": {
        "/count": ["not_a_server_error"],
        "/path": ["not_a_server_error"],
        "/pixels": ["response_schema_conformance"],
    },
    # A part that is meant to be something else than a file is one as soon as it is in a form.
    "intake": {"/describe": ["negative_data_rejection"]},
}
"""Checks that would be wrong, by project and path."""


@pytest.fixture(autouse=True)
def ended_lifespans() -> Iterator[None]:
    """No project outlives its test.

    And the garbage of others goes before: were it collected while schemathesis parses code, and had it something to
    log, Python 3.11 would take that for a broken parser (CPython issue 106905).
    """
    gc.collect()
    yield
    shutdown_lifespans()


async def no_pause(_: float) -> None:
    """In the place of a sleep."""


def test_every_project_answers_as_its_openapi_says(
    any_project: str, project_module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No 5xx, no answer that is not documented; what fits is accepted, and what does not is refused."""
    module = project_module(f"{any_project}.app")
    if any_project == "studio":  # its streams pause for as long as they are told
        monkeypatch.setattr(f"{module.__package__}.endpoints.asyncio", SimpleNamespace(sleep=no_pause))
    app = find_app(any_project)[1]
    left_out = LEFT_OUT.get(any_project, {})

    config = openapi_fuzz.config(15, REFUSALS.get(any_project, {}), UNCHECKED.get(any_project, {}))
    document = schemathesis.openapi.from_asgi("/openapi.json", openapi_fuzz.Application(app), config=config)

    found = openapi_fuzz.run(document, left_out)

    assert not found.failures, "\n\n".join(sorted(found.failures))
    uncalled = {endpoint.path for endpoint in app.endpoints.values()} - {path for _, path, _ in found.answers}
    assert uncalled <= left_out.keys()
    documented = {
        (method.upper(), path, int(status))
        for path, operations in document.raw_schema["paths"].items()
        for method, operation in operations.items()
        for status in operation["responses"]
        if status != "default"
    }
    own = {("POST", path, status) for path, status in OWN.get(any_project, set())}
    operations = {(method, path) for method, path, _ in documented}
    assert {answer for answer in found.answers - documented if answer[:2] in operations} <= own
