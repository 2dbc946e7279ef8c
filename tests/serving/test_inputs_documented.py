"""What OpenAPI says of requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

Intake = Callable[..., Awaitable[httpx.AsyncClient]]


async def test_a_form_has_the_parameters_and_files_are_binary(intake: Intake) -> None:
    """Each with the media types that it takes; the whole JSON may be in `body`."""
    client = await intake()

    document = (await client.get("/openapi.json")).json()

    content = document["paths"]["/picture"]["post"]["requestBody"]["content"]
    form = content["multipart/form-data"]
    binary = {"type": "string", "format": "binary"}
    fields = form["schema"]["properties"]
    assert binary.items() <= fields["image"].items()
    assert ("array", binary) == (fields["others"]["type"], fields["others"]["items"])
    assert {"type": "object", "properties": {}, "required": [], "additionalProperties": False} == fields["body"]
    encoding = {"body": {"contentType": "application/json"}}
    assert encoding | {key: {"contentType": "image/*"} for key in ("image", "others")} == form["encoding"]
    assert [["image"], ["body", "image"]] == [form["required"] for form in form["schema"]["oneOf"]]
    assert document["paths"]["/picture"]["post"]["requestBody"]["required"]


async def test_the_fields_of_a_form_have_the_schemas_of_the_parameters(intake: Intake) -> None:
    """Bytes are a file there, and base64 in JSON."""
    client = await intake()

    document = (await client.get("/openapi.json")).json()

    content = document["paths"]["/gather"]["post"]["requestBody"]["content"]
    fields = content["multipart/form-data"]["schema"]["properties"]
    request = document["components"]["schemas"]["GatherRequest"]["properties"]
    assert ["prompt", "steps", "style", "words", "data", "files", "body"] == list(fields)
    assert request["steps"] == fields["steps"]
    assert ("binary", "base64") == (fields["data"]["format"], request["data"]["anyOf"][0]["contentEncoding"])
