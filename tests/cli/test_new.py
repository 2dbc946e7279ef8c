"""aana new: a project that runs, with its test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
FILES = [
    ".aanaignore",
    "README.md",
    "app.py",
    "deployments.py",
    "endpoints.py",
    "project.toml",
    "tests/test_word_box.py",
]


@pytest.fixture
def folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project, word_box."""
    monkeypatch.chdir(tmp_path)
    result = run("new", "word_box")
    assert result.exit_code == 0, result.output
    return tmp_path / "word_box"


def program(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run one of the environment's programs as a user would, without this process's settings of pytest."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_it_says_what_is_there_and_what_comes_next(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands can be copied from the terminal."""
    monkeypatch.chdir(tmp_path)

    result = run("new", "word_box")

    assert result.stdout.splitlines() == [
        f"word_box is a project now: {', '.join(FILES)}",
        "Next:",
        "  pytest word_box       # its tests, with pip install pytest: no daemon, no Ray",
        "  aana check word_box   # what it has and needs",
        "  aana deploy word_box  # run it",
    ]
    found = [path.relative_to("word_box") for path in Path("word_box").rglob("*") if path.is_file()]
    assert sorted(map(str, found)) == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["word_box"]


def test_its_test_passes(folder: Path) -> None:
    """From the folder above, as the command says, from inside, and with every warning an error."""
    for place, words in ((folder.parent, ["word_box"]), (folder, ["-W", "error"])):
        done = program("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", *words, cwd=place)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "3 passed" in done.stdout
        assert "warning" not in done.stdout


def test_it_is_in_good_order(folder: Path) -> None:
    """Formatted, without anything for ruff to say."""
    settings = ["--config", ROOT / "pyproject.toml", "--no-cache"]
    # INP001: a project's folder is made a package by the daemon; S101, PLR2004: a test asserts numbers.
    checks = [
        program("ruff", "format", "--check", *settings, folder, cwd=folder.parent),
        program("ruff", "check", *settings, "--ignore", "INP001,S101,PLR2004", folder, cwd=folder.parent),
    ]

    assert [done.stdout + done.stderr for done in checks if done.returncode] == []


def test_check_finds_nothing_wrong(run: Run, folder: Path) -> None:
    """And shows both endpoints."""
    result = run("check", str(folder), "-o", "json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["name"], found["settings"]["name"]) == ("word_box", "word_box")
    assert [(one["path"], one["streaming"]) for one in found["endpoints"]] == [("/greet", False), ("/spell", True)]


def test_another_place(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made if need be; for a program as JSON."""
    monkeypatch.chdir(tmp_path)

    result = run("new", "word_box", "--path", "some/where", "-o", "json")

    assert json.loads(result.stdout) == {
        "name": "word_box",
        "folder": str(tmp_path / "some" / "where" / "word_box"),
        "files": FILES,
    }
    assert (tmp_path / "some" / "where" / "word_box" / "app.py").is_file()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Word", "A project cannot be called 'Word'."),
        ("word-box", "A project cannot be called 'word-box'."),
        ("../word", "A project cannot be called '../word'."),
        ("", "A project cannot be called ''."),
        ("w" * 49, "A project cannot be called"),
        ("lambda", "A project cannot be called lambda: Python keeps that word for itself."),
        ("json", "A project cannot be called json: a Python package of that name exists already."),
        ("numpy", "A project cannot be called numpy: a Python package of that name exists already."),
        ("aanad", "A project cannot be called aanad: a Python package of that name exists already."),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    """With one sentence and a hint, before anything is made (exit code 2)."""
    monkeypatch.chdir(tmp_path)

    result = run("new", name)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")
    assert "\nhint: " in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_is_there_is_left_alone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_folder: bool
) -> None:
    """Whatever it is (exit code 4)."""
    monkeypatch.chdir(tmp_path)
    if is_folder:
        (tmp_path / "word_box").mkdir()
    else:
        (tmp_path / "word_box").symlink_to("nowhere")

    result = run("new", "word_box")

    assert result.exit_code == 4
    assert result.stderr.startswith("error: word_box is there already.")
    assert [path.name for path in tmp_path.iterdir()] == ["word_box"]


def test_a_place_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").touch()

    result = run("new", "word_box", "--path", str(tmp_path / "file" / "below"))

    assert result.exit_code == 4
    assert "cannot be made: not a directory" in result.stderr


def test_the_templates_are_in_the_wheel() -> None:
    """An installed command has them too: a wheel holds what is in its packages and not ignored by git."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    templates = [str(path.relative_to(ROOT)) for path in (ROOT / "aanad" / "cli" / "templates").rglob("*.tmpl")]
    ignored = subprocess.run(
        ["git", "check-ignore", *templates], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout

    assert (len(templates), ignored) == (len(FILES), "")
    assert build == {"packages": ["aanad", "aana_tui"]}
