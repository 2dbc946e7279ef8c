"""Find a project's app: import ``<project>.app`` and name the one `AanaSDK` in it, or say why not.

Used by the loader's child and by every replica; the folder that holds ``<project>/`` must be on ``sys.path``.
"""

from __future__ import annotations

import importlib
import re
import sys
from typing import TYPE_CHECKING

from aanad.errors import AanaError, ImportFailed, InvalidProject, missing_library_hint
from aanad.sdk.app import AanaSDK
from aanad.sdk.naming import check_project_name
from aanad.sdk.shadowing import refuse_shadowing
from aanad.sdk.tracebacks import author_lines

if TYPE_CHECKING:
    from types import ModuleType

DEFAULT_MODULE = "app"
_APP = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?")


def find_app(project: str, app: str | None = None) -> tuple[str, AanaSDK]:
    """Import a project and return its app with its full import path, ``lowercase.app:aana_app`` say.

    Args:
        project: the package's name, which is the folder's.
        app: ``module:attribute`` or ``module`` inside the folder; ``app`` where not given.

    Raises:
        ImportFailed: the author's code raised; `detail` holds its traceback from the author's first frame on.
        InvalidProject: there is no app, more than one, or its name does not fit.
        InvalidSignature: something was registered that cannot be served.
    """
    check_project_name(project)
    module_name, attribute = _split(app)
    refuse_shadowing(project, module_name)
    module = _import(project, module_name)
    if attribute is None:
        attribute = _the_only_app(project, module_name, module)
    found = getattr(module, attribute, None)
    if not isinstance(found, AanaSDK):
        what = "has no" if found is None else f"holds a {type(found).__name__}, not an AanaSDK, as"
        raise InvalidProject(
            f"Project {project}: {_file(module_name)} {what} {attribute!r}.",
            hint=_candidates_hint(module_name, module),
            code="app_not_found",
        )
    if found.name != project:
        raise InvalidProject(
            f"Project {project}: its app calls itself {found.name!r}.",
            hint=f"Write AanaSDK(name={project!r}), or name the folder (or project.toml's name) {found.name}.",
            code="name_mismatch",
        )
    return f"{project}.{module_name}:{attribute}", found


def _split(app: str | None) -> tuple[str, str | None]:
    given = (app or DEFAULT_MODULE).lstrip(".")
    if not _APP.fullmatch(given):
        raise InvalidProject(
            f"{app!r} does not name an app.",
            hint="Write module:attribute, 'app:aana_app' say.",
            code="app_not_found",
        )
    module, _, attribute = given.partition(":")
    return module, attribute or None


def _import(project: str, module_name: str) -> ModuleType:
    full_name = f"{project}.{module_name}"
    importlib.invalidate_caches()
    try:
        return importlib.import_module(full_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing in {full_name, project} or full_name.startswith(f"{missing}."):
            raise InvalidProject(
                f"Project {project} has no {_file(module_name)}.",
                hint='Put an app.py with one AanaSDK into the folder, or name the file in project.toml: app = "…".',
                code="no_app",
            ) from None
        raise _import_failed(project, error, _missing_module_hint(project, missing)) from error
    except SyntaxError as error:
        hint = "Correct the file, and try it with 'python -m py_compile'."
        raise _import_failed(project, error, hint) from error
    except AanaError as error:
        error.detail = [*author_lines(error, project)[:-1], *error.detail]
        raise
    except (Exception, SystemExit) as error:  # whatever an author's module raises
        raise _import_failed(project, error, "Correct the project's code; the traceback shows where.") from error


def _import_failed(project: str, error: BaseException, hint: str) -> ImportFailed:
    text = str(error) or type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        shown = error.filename.rpartition(f"/{project}/")[2] or error.filename
        text = f"{error.msg} ({project}/{shown}, line {error.lineno})"
    return ImportFailed(
        f"Project {project} cannot be imported: {type(error).__name__}: {text.splitlines()[0]}",
        hint=hint,
        detail=author_lines(error, project),
    )


def _missing_module_hint(project: str, missing: str) -> str:
    if missing == project or missing.startswith(f"{project}."):
        return f"The project's folder has no module {missing.removeprefix(project).lstrip('.')}; correct the import."
    folder = getattr(sys.modules.get(project), "__path__", ())
    from importlib.machinery import PathFinder

    if PathFinder.find_spec(missing.partition(".")[0], list(folder)) is not None:
        return f"{missing} is a file of the project: write 'from .{missing} import …', with a dot."
    return missing_library_hint(missing)


def _the_only_app(project: str, module_name: str, module: ModuleType) -> str:
    found = _candidates(module)
    if not found:
        raise InvalidProject(
            f"Project {project}: {_file(module_name)} has no AanaSDK.",
            hint=f"Write 'aana_app = AanaSDK(name={project!r})' into it and register endpoints there.",
            code="no_app",
        )
    if len(found) > 1:
        raise InvalidProject(
            f"Project {project}: {_file(module_name)} has more than one AanaSDK: {', '.join(found)}.",
            hint=f'Say which in project.toml: app = "{module_name}:{found[0]}".',
            code="ambiguous_app",
        )
    return found[0]


def _candidates(module: ModuleType) -> list[str]:
    """Attributes that hold an app, one name for each object."""
    names = {id(value): name for name, value in reversed(vars(module).items()) if isinstance(value, AanaSDK)}
    return list(reversed(names.values()))


def _candidates_hint(module_name: str, module: ModuleType) -> str:
    found = _candidates(module)
    if not found:
        return f"{_file(module_name)} has no AanaSDK at all; write 'aana_app = AanaSDK(name=…)' into it."
    return f"It has: {', '.join(found)}."


def _file(module_name: str) -> str:
    return module_name.replace(".", "/") + ".py"
