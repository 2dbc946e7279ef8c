"""What `aana deploy` may be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aanad.client import Target, parse_target
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "projects" / "lowercase"
    folder.mkdir(parents=True)
    (folder / "app.py").touch()
    (folder / "other.py").touch()
    (folder / "notes.txt").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "app"),
    [
        ("projects/lowercase", None),
        ("projects/lowercase/", None),
        ("projects/lowercase/app.py", None),
        ("projects/lowercase/app.py:aana_app", "app:aana_app"),
        ("projects/lowercase/other.py", "other"),
        ("projects.lowercase.app:aana_app", "app:aana_app"),
        (".projects.lowercase.app:aana_app", "app:aana_app"),
        ("projects.lowercase.app", "app"),
    ],
)
def test_folders_files_and_modules_name_the_same_project(checkout: Path, text: str, app: str | None) -> None:
    """A folder, a file in it and a dotted path from the checkout all find the folder."""
    assert parse_target(text, directory=checkout) == Target(checkout / "projects" / "lowercase", app)


@pytest.mark.parametrize("text", ["app:aana_app", ".app:aana_app"])
def test_a_module_without_a_package_is_here(checkout: Path, text: str) -> None:
    """As the tutorial writes it, from inside the project's folder."""
    folder = checkout / "projects" / "lowercase"

    assert parse_target(text, directory=folder) == Target(folder, "app:aana_app")


@pytest.mark.parametrize(
    "text", ["nowhere", "no.where:app", "..app:aana_app", "app:not an identifier", "projects/lowercase/notes.txt"]
)
def test_what_is_not_there_is_refused_with_a_hint(checkout: Path, text: str) -> None:
    """The sentence names what was given."""
    with pytest.raises(InvalidInput) as raised:
        parse_target(text, directory=checkout)

    assert raised.value.hint
