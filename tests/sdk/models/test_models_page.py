"""docs/models.md: its programs run, and it leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import aanad.sdk.models

PAGE = (Path(__file__).parents[3] / "docs" / "models.md").read_text()


def test_every_program_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as a reader would go on in one session."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    programs = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

    assert len(programs) == 10
    for number, program in enumerate(programs):
        exec(compile(program, f"docs/models.md, program {number + 1}", "exec"), names)
    assert (tmp_path / "noise.webp").exists()


@pytest.mark.parametrize("name", aanad.sdk.models.__all__)
def test_every_name_is_on_the_page(name: str) -> None:
    """A model that nobody can find is no use."""
    assert re.search(rf"\b{name}s?\b", PAGE)


@pytest.mark.parametrize(
    "name", ["SamplingParams", "WhisperParams", "VadParams", "VadSegment", "AsrWord", "AsrSegment"]
)
def test_every_field_of_a_model_is_on_the_page(name: str) -> None:
    """In its own row."""
    [row] = re.findall(rf"^\| `{name}` \|.*$", PAGE, re.MULTILINE)

    missing = [field for field in getattr(aanad.sdk.models, name).model_fields if f"`{field}`" not in row]
    assert missing == []
