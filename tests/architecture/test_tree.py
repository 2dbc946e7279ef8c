"""The tree tells the architecture: small rooms, no cupboards for odds and ends."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SOURCES = [
    path
    for top in ("aanad", "aana_tui", "projects", "tests")
    for path in (REPOSITORY / top).rglob("*.py")
    if "__pycache__" not in path.parts
]
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def test_no_file_is_longer_than_600_lines() -> None:
    """A file is one room with one purpose."""
    long = {str(path.relative_to(REPOSITORY)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > 600}

    assert long == {}


def test_names_name_a_concept() -> None:
    """No module or folder is called utils, helpers or manager."""
    vague = [path for path in SOURCES if VAGUE & {path.stem, *path.relative_to(REPOSITORY).parts}]

    assert vague == []


def test_every_module_says_what_it_owns() -> None:
    """Every module of the packages begins with a docstring."""
    silent = [
        path
        for path in SOURCES
        if path.is_relative_to(REPOSITORY / "aanad") or path.is_relative_to(REPOSITORY / "aana_tui")
        if not re.match(r'\s*(r?""")', path.read_text())
    ]

    assert silent == []


def test_every_test_says_what_a_user_may_rely_on() -> None:
    """Each test function has a docstring."""
    silent = [
        f"{path.name}: {name}"
        for path in SOURCES
        if path.name.startswith("test_")
        for name, after in re.findall(
            r"^(?:async )?def (test_\w+)\([^)]*\)[^:]*:\n(.*)$", path.read_text(), re.MULTILINE
        )
        if '"""' not in after
    ]

    assert silent == []
