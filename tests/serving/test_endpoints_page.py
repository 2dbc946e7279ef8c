"""The page on endpoints: its project is served, and what the page says of it is tried."""

from __future__ import annotations

import io
import json
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import PIL.Image
import pytest

from aanad.sdk.answer_kinds import FORMATS, AnswerKind
from aanad.wire.project_file import ProjectFile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]

PAGE = Path(__file__).parents[2] / "docs" / "endpoints.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE.read_text()) if found == language]


@pytest.fixture
async def gallery(serve_app: ServeApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> httpx.AsyncClient:
    """The project that the page's Python blocks make, in their order."""
    module = ModuleType("gallery_of_the_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks("python"):
        exec(compile(block.replace("/tmp/", f"{tmp_path}/"), str(PAGE), "exec"), module.__dict__)
    return await serve_app(module.aana_app)


async def test_each_answer_is_of_the_kind_that_the_page_says(gallery: httpx.AsyncClient) -> None:
    """A picture, a tone, pixels, media inside JSON, a file, bytes, a stream."""
    bodies: dict[str, dict[str, Any]] = {
        "/paint": {"prompt": "a dog"},
        "/speech": {"text": "a"},
        "/count": {"limit": 3},
    }
    answers = {
        path: await gallery.post(path, json=bodies.get(path, {}))
        for path in ("/paint", "/describe", "/beep", "/pixels", "/lines", "/speech", "/count")
    }

    assert {path: answer.headers["content-type"].partition(";")[0] for path, answer in answers.items()} == {
        "/paint": "image/png",
        "/describe": "application/json",
        "/beep": "audio/wav",
        "/pixels": "application/json",
        "/lines": "text/plain",
        "/speech": "audio/mpeg",
        "/count": "application/x-ndjson",
    }
    assert PIL.Image.open(io.BytesIO(answers["/paint"].content)).size == (64, 64)
    assert set(answers["/describe"].json()["image"]) == {"media_type", "content"}
    assert answers["/pixels"].json() == [[[0, 0, 0]] * 2] * 2
    assert answers["/count"].text == "0\n1\n2\n"


@pytest.mark.parametrize(
    ("sent", "status"), [("3", 200), ("3.0", 200), ('"3"', 422), ("true", 422), ("NaN", 422), ("2.5", 422)]
)
async def test_the_schema_is_what_is_accepted(gallery: httpx.AsyncClient, sent: str, status: int) -> None:
    """3.0 is an integer, and no string, boolean or NaN is a number."""
    answer = await gallery.post("/count", content=f'{{"limit": {sent}}}')

    assert status == answer.status_code


async def test_the_error_is_as_the_page_shows_it(gallery: httpx.AsyncClient) -> None:
    """To the letter."""
    answer = await gallery.post("/find", json={"name": "dog"})

    assert (answer.status_code, answer.json()) == (404, json.loads(blocks("json")[0]))


@pytest.mark.parametrize("kind", [AnswerKind.IMAGE, AnswerKind.AUDIO, AnswerKind.STREAM])
def test_the_table_has_the_formats(kind: AnswerKind) -> None:
    """The default first."""
    assert ", ".join(f"`{media_type}`" for media_type in FORMATS[kind]) in PAGE.read_text()


def test_the_project_file_of_the_page_is_one() -> None:
    """Its key is read."""
    [text] = blocks("toml")

    assert ProjectFile.model_validate(tomllib.loads(text)).requests.cors_origins == ("https://app.example.org",)
