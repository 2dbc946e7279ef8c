"""The project of docs/errors.md, as its blocks make it, answers as the page says."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aanad.sdk import exceptions
from aanad.sdk.call_outcomes import FailureLimits
from aanad.sdk.exceptions import EndpointError
from aanad.sdk.loading import find_app

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ServeApp = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def voices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The project, from the files of the page."""
    for language, text in BLOCK.findall(PAGE):
        if language == "python":
            path = tmp_path / text.partition("\n")[0].removeprefix("# ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield find_app("voices")[1]
    for module in [name for name in sys.modules if name.partition(".")[0] == "voices"]:
        del sys.modules[module]


async def test_the_project_answers_as_the_page_says(voices: Any, serve_app: ServeApp) -> None:
    """Its problem is the page's, to the letter; its own code catches its own error."""
    speaker = voices.deployments["speaker"].deployment_cls
    client = await serve_app(voices, {"speaker": speaker()})
    [problem] = [json.loads(text) for language, text in BLOCK.findall(PAGE) if language == "json"]

    refused = await client.post("/speak", json={"text": "hello", "voice": "eve"})
    assert (404, problem) == (refused.status_code, refused.json())

    spoken = await client.post("/speak", json={"text": "good day", "voice": "eve", "otherwise": "bob"})
    assert spoken.text.splitlines() == ['"(eve is away)"', '"good"', '"day"']
    assert (await client.post("/speak", json={"text": ""})).json()["code"] == "inference_error"
    assert FailureLimits.of(speaker) == FailureLimits(ratio=0.3)


def test_the_page_lists_every_error() -> None:
    """With its status and code."""
    listed = dict(re.findall(r"^\| `(\w+)` \| (\d+ \| `\w+`) \|", PAGE, re.MULTILINE))
    classes = {
        name: found for name in exceptions.__all__ if issubclass(found := getattr(exceptions, name), EndpointError)
    }

    assert listed == {name: f"{cls.status} | `{cls.code}`" for name, cls in classes.items()}
