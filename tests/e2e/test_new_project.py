"""From `aana new` to an answer on a box."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.box import Box

pytestmark = pytest.mark.e2e


def test_a_new_project_runs(box: Box, tmp_path: Path) -> None:
    """Made, checked, deployed and called, with nothing written in between."""
    box.ok("new", "fresh_start", "--path", tmp_path)
    folder = tmp_path / "fresh_start"
    checked = box.json("check", folder)
    try:
        box.ok("deploy", folder)

        assert box.post("/fresh_start/greet", json={"name": "Ada"}).json() == {"text": "Hello, Ada!"}
        words = box.post("/fresh_start/spell", json={"name": "Ada"}).text.splitlines()
        assert [json.loads(word) for word in words] == ["Hello,", "Ada!"]
        listed = box.json("endpoints", "fresh_start")
        assert [one["request_schema"] for one in listed] == [one["request_schema"] for one in checked["endpoints"]]
    finally:
        box.remove("fresh_start")
