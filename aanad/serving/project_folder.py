"""A project imported from its folder, as from an archive: ``project.toml`` counts, and nothing of it stays set."""

from __future__ import annotations

import os
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pydantic import ValidationError

from aanad.errors import InvalidProject
from aanad.sdk.loading import find_app
from aanad.wire.project_file import ProjectFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aanad.sdk.app import AanaSDK


@contextmanager
def opened(folder: Path) -> Iterator[tuple[AanaSDK, ProjectFile]]:
    """A project's app and settings; its variables and its place on ``sys.path`` last as long as the context.

    Raises:
        InvalidProject: the folder holds no project.
    """
    folder = folder.resolve()
    settings = _settings(folder)
    name = settings.name or folder.name
    before = {variable: os.environ.get(variable) for variable in settings.env}
    with TemporaryDirectory(prefix="aana-project-") as links:
        # As in an archive, the package has the project's name, whatever the folder is called.
        parent = folder.parent if name == folder.name else Path(links)
        if parent != folder.parent:
            (parent / name).symlink_to(folder, target_is_directory=True)
        os.environ.update(settings.env)
        sys.path.insert(0, str(parent))
        try:
            _require_own_modules(name, folder)
            yield find_app(name, settings.app)[1], settings
        finally:
            sys.path.remove(str(parent))
            for variable, value in before.items():
                if value is None:
                    os.environ.pop(variable, None)
                else:
                    os.environ[variable] = value


def _settings(folder: Path) -> ProjectFile:
    path = folder / "project.toml"
    hint = "'aana check' says more."
    try:
        return ProjectFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ProjectFile()
    except ValidationError as error:
        key = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InvalidProject(f"{path}: {key}: {error.errors()[0]['msg']}.", hint=hint) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidProject(f"{path} cannot be read: {error}.", hint=hint) from error


def _require_own_modules(name: str, folder: Path) -> None:
    """Python imports a name once: a project of the same name from elsewhere would answer in place of this one."""
    for module in [module for key, module in list(sys.modules.items()) if key.startswith(f"{name}.")]:
        file = getattr(module, "__file__", None)
        if file and not Path(file).resolve().is_relative_to(folder):
            raise InvalidProject(
                f"A project {name} is imported already, from {Path(file).parent}.",
                hint="Test the two in processes of their own.",
                code="already_imported",
            )
