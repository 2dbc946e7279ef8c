"""How the console begins and ends: its signals, its terminal, and what is left where it breaks."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path


def state_folder() -> Path:
    """Where the console keeps what outlives it; made where it is not there, for this user alone."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    folder = Path(base) / "aana" / "console"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def write_private(name: str, text: str) -> Path:
    """Write a file into the state folder that only this user can read."""
    path = state_folder() / name
    # Made anew: an earlier file may have been made readable by others.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def write_traceback(error: BaseException) -> Path:
    """Keep a traceback for whoever is asked to look into it."""
    text = "".join(traceback.format_exception(error))
    return write_private("crash.log", f"{datetime.now(UTC).isoformat()}\n{text}")
