"""What `aana deploy` takes: a folder, a file, or ``module:attribute`` as the tutorial writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from aanad.errors import InvalidInput, InvalidProject

_MODULE = re.compile(r"^\.?(?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::(?P<attribute>[A-Za-z_]\w*))?$")
_HINT = "Give a folder (`projects/lowercase`), its app (`projects/lowercase/app.py`), or `app:aana_app` from inside it."


@dataclass(frozen=True)
class Target:
    """A project's folder, and which object in it is the app."""

    folder: Path
    app: str | None = None
    """``module:attribute`` inside the folder; None leaves it to ``project.toml`` and the folder."""


def parse_target(text: str, *, directory: Path | None = None) -> Target:
    """Find the folder and the app that a target names.

    Args:
        text: as the user typed it.
        directory: what relative names start from; the current directory where not given.

    Raises:
        InvalidInput: it names nothing that is there.
    """
    directory = directory or Path.cwd()
    path = directory / Path(text).expanduser()
    if path.is_dir():
        return Target(path)
    if path.is_file():
        return _file(path, attribute=None)
    left, colon, attribute = text.rpartition(":")
    if colon and (file := directory / Path(left).expanduser()).is_file():
        return _file(file, attribute=attribute)
    matched = _MODULE.match(text)
    if matched is None or not (matched["attribute"] or "." in matched["module"]):
        raise InvalidProject(f"There is no folder {text}.", hint=_HINT, code="no_folder")
    *packages, module = matched["module"].split(".")
    folder = directory.joinpath(*packages)
    app = f"{module}:{matched['attribute']}" if matched["attribute"] else module
    if not folder.is_dir():
        raise InvalidProject(f"There is no folder {folder} that {text} could be in.", hint=_HINT, code="no_folder")
    return Target(folder, app)


def _file(path: Path, attribute: str | None) -> Target:
    if path.suffix != ".py":
        raise InvalidInput(f"{path} is not a Python file.", hint=_HINT)
    if attribute is not None and not attribute.isidentifier():
        raise InvalidInput(f"{attribute!r} cannot be a name in {path}.", hint=_HINT)
    folder = path.parent
    if attribute is None:
        # A bare app.py is what a project has anyway: its project.toml may still name the object.
        return Target(folder, None if path.name == "app.py" else path.stem)
    return Target(folder, f"{path.stem}:{attribute}")
