"""A hundred annotations and more: what the schema says, what `run` gets, what is refused with which words, end to end.

The rows stand in ``signature_table``, a module for each family of types.
"""

# ruff: noqa: ARG001 - run has a self
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aanad.errors import InvalidSignature
from aanad.sdk import AanaSDK, Endpoint
from tests.serving.signature_table import (
    aliases,
    choices,
    classes,
    constraints,
    containers,
    defaults,
    media,
    media_results,
    results,
    scalars,
    typed_dicts,
    unservable,
    written,
)
from tests.serving.signature_table.row import NO_DEFAULT, MediaParameter, MediaResult, Parameter, Result, Unservable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    Serve = Callable[..., Awaitable[httpx.AsyncClient]]

FAMILIES = [scalars, constraints, choices, containers, written, typed_dicts, classes, aliases, defaults]
PARAMETERS = [
    pytest.param(row, id=f"{family.__name__.rpartition('.')[2]}: {row.id}")
    for family in FAMILIES
    for row in family.ROWS
]
JSON = {"content-type": "application/json"}


def app_of(run: Callable[..., Any]) -> AanaSDK:
    """An app with one endpoint, whose `run` this is."""
    app = AanaSDK(name="table")
    app.register_endpoint(
        name="row", path="/row", summary="One row", endpoint_cls=type("Row", (Endpoint,), {"run": run})
    )
    return app


def taking(row: Parameter | MediaParameter, got: list[Any]) -> Callable[..., Any]:
    """A `run` with the row's parameter, which keeps what it gets."""

    async def run(self, value):
        got.append(value)

    run.__annotations__ = {"value": row.annotation, "return": None}
    if isinstance(row, Parameter) and row.default is not NO_DEFAULT:
        run.__defaults__ = (row.default,)
    return run


@pytest.mark.parametrize("row", PARAMETERS)
def test_the_schema_says_what_is_accepted(row: Parameter) -> None:
    """The whole JSON schema of a request, and the same in the project's OpenAPI."""
    app = app_of(taking(row, []))

    assert row.request_schema() == app.endpoints["row"].request_schema()


@pytest.mark.parametrize("row", PARAMETERS)
async def test_what_fits_reaches_run_as_the_annotated_type(row: Parameter, serve_app: Serve) -> None:
    """Each accepted input becomes exactly this Python value."""
    got: list[Any] = []
    client = await serve_app(app_of(taking(row, got)))

    for sent, _ in row.accepts:
        answer = await client.post("/row", content=f'{{"value": {sent}}}', headers=JSON)
        assert 200 == answer.status_code, answer.text

    assert [(type(value), value) for _, value in row.accepts] == [(type(value), value) for value in got]


@pytest.mark.parametrize("row", PARAMETERS)
async def test_what_does_not_fit_is_refused_in_clear_words(row: Parameter, serve_app: Serve) -> None:
    """422, the field by the path that the client knows, and one sentence that says what would be right."""
    got: list[Any] = []
    client = await serve_app(app_of(taking(row, got)))

    for sent, field, message in row.refuses:
        answer = await client.post("/row", content=f'{{"value": {sent}}}', headers=JSON)
        problem = answer.json()
        assert [{"field": f"body.value{field}", "message": message}] == problem.get("errors"), sent
        assert (422, "invalid_request") == (answer.status_code, problem["code"])
        assert f"The request does not fit endpoint row: value{field}: {message}." == problem["message"]
    assert [] == got


@pytest.mark.parametrize("row", PARAMETERS)
async def test_what_may_be_left_out_has_its_default(row: Parameter, serve_app: Serve) -> None:
    """Without a default the field is required, whether or not it may be null."""
    got: list[Any] = []
    app = app_of(taking(row, got))
    client = await serve_app(app)

    answer = await client.post("/row", content="{}", headers=JSON)

    if "required" in row.request_schema():
        assert (422, [{"field": "body.value", "message": "is required"}]) == (
            answer.status_code,
            answer.json()["errors"],
        )
    else:
        assert 200 == answer.status_code, answer.text
        assert row.default is NO_DEFAULT or [row.default] == got


MEDIA = [pytest.param(row, id=row.id) for row in media.ROWS]


@pytest.mark.parametrize("row", MEDIA)
async def test_the_schemas_of_media_say_what_is_accepted(row: MediaParameter, serve_app: Serve) -> None:
    """In JSON, and in a form a file for each parameter that takes one."""
    app = app_of(taking(row, []))
    client = await serve_app(app)

    schema = app.endpoints["row"].request_schema()
    content = (await client.get("/openapi.json")).json()["paths"]["/row"]["post"]["requestBody"]["content"]
    field = content["multipart/form-data"]["schema"]["properties"]["value"]

    assert (row.schema, row.defs) == (schema["properties"]["value"], schema.get("$defs", {}))
    assert row.form is None or row.form == field
    assert (row.form is not None) == ("binary" in json.dumps(field))


@pytest.mark.parametrize("row", MEDIA)
async def test_media_in_json_reach_run(row: MediaParameter, serve_app: Serve) -> None:
    """As objects with base64 and as data URLs; `run` gets the annotated type with its bytes, type and name."""
    got: list[Any] = []
    client = await serve_app(app_of(taking(row, got)))

    for sent, _ in row.accepts:
        answer = await client.post("/row", content=f'{{"value": {sent}}}', headers=JSON)
        assert 200 == answer.status_code, answer.text

    assert [value for _, value in row.accepts] == [media.shown(value) for value in got]


@pytest.mark.parametrize("row", MEDIA)
async def test_media_that_do_not_fit_are_refused_in_clear_words(row: MediaParameter, serve_app: Serve) -> None:
    """422, the field, one sentence, and a code of its own where the server's rules are the reason."""
    got: list[Any] = []
    client = await serve_app(app_of(taking(row, got)))

    for sent, field, message, *code in row.refuses:
        answer = await client.post("/row", content=f'{{"value": {sent}}}', headers=JSON)
        problem = answer.json()
        assert [{"field": f"body.value{field}", "message": message}] == problem.get("errors"), sent
        assert (422, *(code or ["invalid_request"])) == (answer.status_code, problem["code"])
    assert [] == got


@pytest.mark.parametrize("row", MEDIA)
async def test_uploads_reach_run(row: MediaParameter, serve_app: Serve) -> None:
    """The same as from JSON; a list takes several files of one name."""
    got: list[Any] = []

    async def run(self, value):
        got.append(media.shown(value))  # the request's files are gone when it is answered

    run.__annotations__ = {"value": row.annotation, "return": None}
    client = await serve_app(app_of(run))

    for files, _ in row.uploads:
        answer = await client.post("/row", files=[("value", file) for file in files])
        assert 200 == answer.status_code, answer.text

    assert [value for _, value in row.uploads] == got


@pytest.mark.parametrize("row", MEDIA)
async def test_uploads_that_do_not_fit_are_refused_in_clear_words(row: MediaParameter, serve_app: Serve) -> None:
    """A wrong media type is 415; too many, wrong bytes and an unknown name are 422."""
    got: list[Any] = []
    client = await serve_app(app_of(taking(row, got)))

    for files, status, code, message in row.wrong_uploads:
        answer = await client.post("/row", files=[("value", file) for file in files])
        problem = answer.json()
        assert (status, code, message) == (answer.status_code, problem["code"], problem["message"])
        assert ["body.value"] == [error["field"] for error in problem["errors"]]
    unknown = await client.post("/row", files={"picture": ("a.png", media.PNG, "image/png")})
    takes = "none of that name" if row.form else "none"
    assert f"The form has a file 'picture', and this endpoint takes {takes}." == unknown.json()["message"]
    assert (422, "unexpected_file") == (unknown.status_code, unknown.json()["code"])
    assert [] == got


async def test_a_class_has_one_schema_wherever_it_stands(serve_app: Serve) -> None:
    """Alone and inside a generic model: both refuse what the shared component does not allow."""

    async def run(self, box, page):
        pass

    run.__annotations__ = {"box": classes.Box, "page": classes.Page[classes.Box], "return": None}
    client = await serve_app(app_of(run))

    components = (await client.get("/openapi.json")).json()["components"]["schemas"]
    answer = await client.post("/row", json={"box": {"left": 1, "a": 1}, "page": {"items": [{"left": 1, "b": 1}]}})

    assert {"Box": classes.CLOSED_BOX} == {name: each for name, each in components.items() if "Box" in name[:3]}
    assert ["body.box.a", "body.page.items.0.b"] == [error["field"] for error in answer.json()["errors"]]


def returning(row: Result | MediaResult, value: Any) -> Callable[..., Any]:
    """A `run` with the row's result; a list of chunks where the row is a stream."""
    if row.is_stream:

        async def run(self):
            for chunk in value:
                yield chunk
    else:

        async def run(self):
            return value

    run.__annotations__ = {"return": row.annotation}
    return run


RESULTS = [pytest.param(row, id=row.id) for row in results.ROWS]


@pytest.mark.parametrize("row", RESULTS)
def test_the_schema_says_what_is_answered(row: Result) -> None:
    """The whole JSON schema of an answer, or of one chunk."""
    app = app_of(returning(row, None))

    assert row.schema == app.endpoints["row"].response_schema()


@pytest.mark.parametrize("row", RESULTS)
async def test_results_are_answered_as_the_schema_says(row: Result, serve_app: Serve) -> None:
    """Each value that `run` may return becomes exactly this JSON."""
    for value, text in row.answers:
        client = await serve_app(app_of(returning(row, value)))
        answer = await client.post("/row")
        assert (200, text) == (answer.status_code, answer.text)


@pytest.mark.parametrize("row", RESULTS)
async def test_results_that_do_not_fit_are_the_endpoint_s_own_error(row: Result, serve_app: Serve) -> None:
    """500 with a code and a request id; the value itself stays in the log."""
    for value in row.wrong:
        client = await serve_app(app_of(returning(row, value)))
        answer = await client.post("/row")
        problem = answer.json()
        assert (500, "invalid_result") == (answer.status_code, problem["code"]), value
        assert "Endpoint row returned something that does not fit its own annotation." == problem["message"]
        assert "request-1" == problem["request_id"]


MEDIA_RESULTS = [pytest.param(row, id=row.id) for row in media_results.ROWS]


@pytest.mark.parametrize("row", MEDIA_RESULTS)
async def test_the_document_names_the_media_types(row: MediaResult, serve_app: Serve) -> None:
    """In their order, with the schema of the form in JSON; 204 where there may be nothing."""
    client = await serve_app(app_of(returning(row, None)))

    responses = (await client.get("/openapi.json")).json()["paths"]["/row"]["post"]["responses"]
    content = responses["200"]["content"]

    assert row.media_types == list(content)
    assert row.may_be_empty == ("204" in responses)
    if "application/json" in content:
        shown = content["application/json"]["schema"]
        assert row.schema == shown or "$ref" in shown
        assert row.schema == app_of(returning(row, None)).endpoints["row"].response_schema()
    elif row.schema is not None:
        assert row.schema == content["application/x-ndjson"]["schema"]["anyOf"][0]


@pytest.mark.parametrize("row", MEDIA_RESULTS)
async def test_clients_get_the_form_that_they_accept(row: MediaResult, serve_app: Serve) -> None:
    """The default for who takes anything, 406 where there is none."""
    client = await serve_app(app_of(returning(row, row.value)))

    for accept, (expected, content) in row.answers.items():
        answer = await client.post("/row", headers={"accept": accept})
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if expected == 406:
            assert (406, "not_acceptable") == (answer.status_code, answer.json()["code"]), accept
        else:
            kind = answer.status_code if isinstance(expected, int) else media_type
            assert (expected, content) == (kind, media_results.decoded(media_type, answer.content)), accept


@pytest.mark.parametrize("row", MEDIA_RESULTS)
async def test_media_that_do_not_fit_are_the_endpoint_s_own_error(row: MediaResult, serve_app: Serve) -> None:
    """500 before anything is sent; the reason stays in the log."""
    for value in row.wrong:
        client = await serve_app(app_of(returning(row, value)))
        answer = await client.post("/row")
        assert (500, "invalid_result") == (answer.status_code, answer.json()["code"]), value


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in unservable.ROWS])
def test_types_that_no_request_can_have_are_refused_at_registration(row: Unservable) -> None:
    """One sentence with the endpoint, the parameter and the type, and a hint that says what to write instead."""

    async def run(self, value): ...

    run.__annotations__ = {"return": row.annotation} if row.of_result else {"value": row.annotation}
    if row.of_result:
        run.__defaults__ = (None,)
        run.__annotations__["value"] = None
    with pytest.raises(InvalidSignature) as caught:
        app_of(run)

    where = "the result" if row.of_result else "the parameter value"
    assert f"Endpoint row: {where} of run has a type {row.name} that JSON cannot carry." == caught.value.message
    assert (row.hint, "unsupported_type") == (caught.value.hint, caught.value.code)


def test_the_table_is_as_long_as_it_claims() -> None:
    """Sixty annotations of parameters and more, and no row that accepts nothing."""
    rows = [row.values[0] for row in PARAMETERS]

    assert len({json.dumps(row.schema) + row.id for row in rows}) >= 60
    assert all(row.accepts for row in rows)
