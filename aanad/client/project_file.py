"""Reading a folder's ``project.toml``, so that a mistake in it is told with its key and line."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from aanad.errors import InvalidProject
from aanad.wire.project_file import ProjectFile, ProjectName

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "project.toml"
_NAME_HINT = (
    "A name is a lower-case Python package name: a to z first, then a to z, 0 to 9 and _, at most 48 characters."
)


def read_project_file(folder: Path) -> ProjectFile:
    """What ``project.toml`` says; all defaults where there is none.

    Raises:
        InvalidProject: the file is not TOML, or a key or value of it is unknown.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ProjectFile()
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(f"{path} cannot be read: {error}.") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _invalid(f"{path} is not TOML: {error}.") from error
    try:
        return ProjectFile.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"]]
        key = ".".join(keys) or "the file"
        line = _line_of(keys, text)
        what = "is not a key of this file" if first["type"] == "extra_forbidden" else f"cannot be used: {first['msg']}"
        where = f"{path}, line {line}" if line else str(path)
        raise _invalid(f"{where}: {key} {what}.") from error


def project_name(folder: Path, file: ProjectFile) -> str:
    """The name in the file, else the folder's.

    Raises:
        InvalidProject: the folder's name is no project name.
    """
    if file.name is not None:
        return file.name
    try:
        return TypeAdapter(ProjectName).validate_python(folder.name)
    except ValidationError as error:
        raise InvalidProject(
            f"The folder's name {folder.name!r} cannot be a project's name.",
            hint=f'{_NAME_HINT} Rename the folder, or write name = "…" into {FILE_NAME}.',
            code="invalid_name",
        ) from error


def _line_of(keys: list[str], text: str) -> int | None:
    """The first line that sets the innermost key; tables and quoted keys count too."""
    for key in reversed(keys):
        name = re.escape(key)
        pattern = re.compile(rf"^\s*(?:(?:[\w.-]+\.)?[\"']?{name}[\"']?\s*=|\[.*\b{name}\b.*\])")
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.match(line):
                return number
    return None


def _invalid(message: str) -> InvalidProject:
    return InvalidProject(
        message,
        hint=f"docs/getting-started.md lists the keys of {FILE_NAME}.",
        code="invalid_project_file",
    )
