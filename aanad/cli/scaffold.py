"""The files of a new project: templates of this package, with its name filled in."""

from __future__ import annotations

import keyword
import shutil
import sys
import tempfile
from importlib.machinery import PathFinder
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from aanad.errors import InvalidProject, Refused
from aanad.wire.project_file import ProjectName

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ENDING = ".tmpl"
RENAMED = {"aanaignore": ".aanaignore", "tests/test_project.py": "tests/test_{name}.py"}
"""A template's path, where the file is called otherwise."""


def make_project(name: str, parent: Path) -> tuple[Path, list[str]]:
    """Make the folder `name` in `parent`; gives it and the paths in it.

    Raises:
        InvalidProject: no project can be called so.
        Refused: something of that name is there already, or the folder cannot be made.
    """
    _require_name(name)
    folder = parent / name
    if folder.exists() or folder.is_symlink():
        raise Refused(
            f"{folder} is there already.",
            hint="Choose another name, or another place with --path.",
            code="folder_exists",
        )
    values = {"name": name, "title": name.replace("_", " ").capitalize()}
    written = []
    try:
        parent.mkdir(parents=True, exist_ok=True)
        # Made beside its place and moved there: it is there whole or not at all.
        with tempfile.TemporaryDirectory(dir=parent, prefix=".aana-new-") as temporary:
            made = Path(temporary) / name
            for path, text in sorted(_templates(files("aanad.cli") / "templates" / "project")):
                target = RENAMED.get(path, path).format(name=name)
                (made / target).parent.mkdir(parents=True, exist_ok=True)
                (made / target).write_text(Template(text).substitute(values), encoding="utf-8")
                written.append(target)
            made.chmod(0o755)
            shutil.move(made, folder)
    except OSError as error:
        raise Refused(
            f"{folder} cannot be made: {(error.strerror or str(error)).lower()}.",
            hint="Choose another place with --path.",
            code="folder_not_writable",
        ) from error
    return folder, sorted(written)


def _templates(folder: Traversable, below: str = "") -> list[tuple[str, str]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _templates(entry, f"{below}{entry.name}/")
        elif entry.name.endswith(ENDING):
            found.append((below + entry.name.removesuffix(ENDING), entry.read_text(encoding="utf-8")))
    return found


def _require_name(name: str) -> None:
    try:
        TypeAdapter(ProjectName).validate_python(name)
    except ValidationError:
        raise InvalidProject(
            f"A project cannot be called {name!r}.",
            hint="Use a Python package name in lower case: a to z first, then a to z, 0 to 9 and _, at most 48 "
            "characters.",
            code="invalid_name",
        ) from None
    if keyword.iskeyword(name):
        raise InvalidProject(
            f"A project cannot be called {name}: Python keeps that word for itself.",
            hint=f"Choose another name, {name}_project say.",
            code="invalid_name",
        )
    spec = None if name in sys.stdlib_module_names else PathFinder.find_spec(name, _installed())
    if name in sys.stdlib_module_names or (spec is not None and spec.origin is not None):
        raise InvalidProject(
            f"A project cannot be called {name}: a Python package of that name exists already.",
            hint=f"Choose another name, {name}_project say.",
            code="name_shadows_package",
        )


def _installed() -> list[str]:
    """Where Python finds packages, whatever folder the command runs in."""
    return [entry for entry in sys.path if entry and Path(entry) != Path.cwd()]
