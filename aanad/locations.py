"""Where the daemon is found, for those who need nothing else of the settings: a client starts faster without them."""

from __future__ import annotations

import os
from pathlib import Path

RUNTIME_DIR_VARIABLE = "AANA_RUNTIME_DIR"
SOCKET_NAME = "aanad.sock"
MAX_SOCKET_PATH = 100
"""Bytes; the kernel allows 107, and a few are needed for temporary names."""


def config_file() -> Path:
    """The configuration file that is read if it is there."""
    if given := os.environ.get("AANA_CONFIG"):
        return Path(given)
    if os.geteuid() == 0:
        return Path("/etc/aana/aanad.toml")
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "aana" / "aanad.toml"


def default_runtime_dir() -> Path:
    """The runtime folder where no setting names one."""
    if os.geteuid() == 0:
        return Path("/run/aana")
    if base := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(base) / "aana"
    return Path(f"/tmp/aana-{os.getuid()}")  # noqa: S108 - made 0700, owner checked


def control_socket() -> Path:
    """The control API's socket, as the settings of this machine have it.

    The settings themselves are only loaded where a file may have a say, or where the path cannot be used.
    """
    # Names of variables count in any case, as they do for the settings.
    given = [value for name, value in os.environ.items() if name.upper() == RUNTIME_DIR_VARIABLE]
    if len(given) == 1 or not (given or config_file().exists()):
        folder = Path(given[0]).expanduser() if given else default_runtime_dir()
        socket = Path(os.path.abspath(folder)) / SOCKET_NAME  # noqa: PTH100 - as the settings do it
        if len(os.fsencode(socket)) <= MAX_SOCKET_PATH:
            return socket
    from aanad.settings import load_settings  # noqa: PLC0415 - what is saved where it is not needed

    return load_settings().socket_path
