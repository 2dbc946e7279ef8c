"""What the environment says: whether calls are replayed, recorded or both, and where the recordings are."""

from __future__ import annotations

import os
import sys
from enum import Enum
from importlib.machinery import PathFinder
from pathlib import Path

from aanad.errors import InvalidSettings

USE_VARIABLE = "USE_DEPLOYMENT_CACHE"
SAVE_VARIABLE = "SAVE_DEPLOYMENT_CACHE"
FOLDER_VARIABLE = "DEPLOYMENT_CACHE_DIR"
DEFAULT_FOLDER = Path("tests", "cache")
_TRUE = frozenset({"1", "on", "true", "yes"})
_FALSE = frozenset({"", "0", "off", "false", "no"})


class Mode(Enum):
    """What a call of a cached method does."""

    OFF = "off"
    REPLAY = "replay"
    RECORD = "record"
    REPLAY_OR_RECORD = "replay or record"

    @property
    def replays(self) -> bool:
        """Whether what was recorded is given again."""
        return self in {Mode.REPLAY, Mode.REPLAY_OR_RECORD}

    @property
    def records(self) -> bool:
        """Whether what is called is recorded."""
        return self in {Mode.RECORD, Mode.REPLAY_OR_RECORD}


def current_mode() -> Mode:
    """What the environment says now.

    Raises:
        InvalidSettings: a variable is neither true nor false.
    """
    environ = os.environ
    use, save = environ.get(USE_VARIABLE), environ.get(SAVE_VARIABLE)
    if not use and not save:
        return Mode.OFF
    match _is_true(USE_VARIABLE, use), _is_true(SAVE_VARIABLE, save):
        case True, True:
            return Mode.REPLAY_OR_RECORD
        case True, False:
            return Mode.REPLAY
        case False, True:
            return Mode.RECORD
    return Mode.OFF


def _is_true(variable: str, value: str | None) -> bool:
    text = (value or "").strip().lower()
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise InvalidSettings(f"{variable} is {value!r}.", hint="Write true or false.")


def cache_folder() -> Path:
    """Where this process's recordings are: ``DEPLOYMENT_CACHE_DIR``, else ``tests/cache`` of the running project.

    The project is known in a replica and inside `aanad.serving.testing`; elsewhere it is ``tests/cache`` below the
    working folder.
    """
    if given := os.environ.get(FOLDER_VARIABLE):
        return Path(given).expanduser()
    project = _project()
    package = _package_folder(project) if project else None
    return (package or Path.cwd()) / DEFAULT_FOLDER


def _project() -> str | None:
    from aanad.sdk import wiring

    known = wiring.current()
    if known is not None:
        return known.project
    serve_context = sys.modules.get("ray.serve.context")
    replica = serve_context._get_internal_replica_context() if serve_context else None  # noqa: SLF001 - the public one raises
    return str(replica.app_name) if replica is not None else None


def _package_folder(project: str) -> Path | None:
    spec = PathFinder.find_spec(project)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None
