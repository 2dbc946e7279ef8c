"""Where the console keeps what outlives it."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """Where the console keeps what it remembers: ``~/.local/state/aana/console``."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "aana" / "console"
