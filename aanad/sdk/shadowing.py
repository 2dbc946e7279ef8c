"""A project's name must not be one that Python already finds elsewhere: imports would get the wrong package."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path

from aanad.errors import InvalidProject


def refuse_shadowing(project: str, module_name: str) -> None:
    """Refuse a name of the standard library or of an installed package.

    Every entry of ``sys.path`` is asked by itself. The one whose ``<project>/`` holds the app's module is the
    project's own; any other that finds a package or a module there (a bare folder does not count) is shadowed.

    Raises:
        InvalidProject: with the code ``name_shadows_package``.
    """
    if project in sys.stdlib_module_names:
        raise _shadows(project, "Python's standard library")
    own = _own_folder(project, module_name)
    for entry in sys.path:
        if not entry:
            continue
        spec = PathFinder.find_spec(project, [entry])
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin).resolve()
        if own is not None and own in origin.parents:
            continue
        raise _shadows(project, str(origin.parent))
    for finder in sys.meta_path:
        # Finders of editable installs; the path's own were asked above.
        if finder is PathFinder or not type(finder).__module__.startswith("__editable__"):
            continue
        spec = finder.find_spec(project, None)
        if spec is not None and spec.origin is not None:
            raise _shadows(project, spec.origin)


def _own_folder(project: str, module_name: str) -> Path | None:
    for entry in sys.path:
        folder = Path(entry or ".") / project
        module = folder / module_name.replace(".", "/")
        if module.with_suffix(".py").is_file() or (module / "__init__.py").is_file():
            return folder.resolve()
    return None


def _shadows(project: str, where: str) -> InvalidProject:
    return InvalidProject(
        f"A project cannot be called {project}: a Python package of that name exists already ({where}).",
        hint=f"Rename the folder and its AanaSDK, to {project}_project say.",
        code="name_shadows_package",
    )
