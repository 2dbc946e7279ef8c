"""docs/testing.md: every block of the page, as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def run(line: str, folder: Path) -> str:
    """Run a line of the page as its reader would."""
    dropped = ("PYTEST_", "COV_", "USE_DEPLOYMENT", "SAVE_DEPLOYMENT", "DEPLOYMENT_CACHE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_page_works(tmp_path: Path) -> None:
    """Its project and test, without a recording, recorded, and replayed without the model."""
    app, test = [text for language, text in BLOCKS if language == "python"]
    (tmp_path / "captions" / "tests").mkdir(parents=True)
    (tmp_path / "captions" / "app.py").write_text(app)
    (tmp_path / "captions" / "tests" / "test_captions.py").write_text(test)

    lines = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
    plain, recorded, replayed = [run(line, tmp_path) for line in lines]

    assert all("2 passed" in output for output in (plain, recorded, replayed))
    assert ("the model is loaded" in plain, "the model is loaded" in replayed) == (True, False)
    [shown] = [text for language, text in BLOCKS if language == "json"]
    [recording] = (tmp_path / "captions").rglob("*.json")
    assert json.loads(recording.read_text()) == json.loads(shown)
    assert recording.read_text() == shown
    assert str(recording.relative_to(tmp_path)) in PAGE
