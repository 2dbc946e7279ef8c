"""The unit's folders, its lock and the cluster's token."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
from typing import TYPE_CHECKING

from aanad.errors import InvalidSettings, Refused

if TYPE_CHECKING:
    from pathlib import Path

    from aanad.settings import Settings

PRIVATE = 0o700


class Folders:
    """Where the unit keeps what; everything under `ray_dir` is private to its user.

    The names are single letters because HAProxy's sockets lie up to 81 bytes below `haproxy`, and a socket's whole
    path may have 107.
    """

    def __init__(self, settings: Settings) -> None:
        self.runtime_dir = settings.runtime_dir
        self.ray_dir = settings.ray_dir
        self.socket = settings.ray_socket_path
        self.lock_file = settings.runtime_dir / "ray.lock"
        self.state_file = settings.runtime_dir / "ray-unit.json"
        self.ray_temp = settings.ray_dir / "t"
        self.haproxy = settings.ray_dir / "h"
        self.database = settings.ray_dir / "db"
        self.empty = settings.ray_dir / "e"
        """The head's working folder: workers import from it before anything else, so it must stay empty."""
        self.loads = settings.ray_dir / "l"
        self.environments = settings.ray_dir / "v"
        """Environments of projects' requirements; made with the first of them, and kept when the unit stops."""
        self.starts = settings.ray_dir / "s"
        """Starts of replicas that have not settled yet."""
        self.start_log = settings.ray_dir / "ray-start.log"
        self.rerun_log = settings.ray_dir / "ray-rerun.log"

    def make_roots(self) -> None:
        """Make the two folders that hold everything; what is in them may still be another unit's.

        Raises:
            InvalidSettings: a folder is a link, somebody else's or open to others.
        """
        _own_folder(self.runtime_dir, "runtime_dir", private=False)
        _own_folder(self.ray_dir, "runtime_dir", private=True)

    def make(self) -> None:
        """Make the rest; only for who holds the lock."""
        for folder in (self.ray_temp, self.haproxy, self.database, self.empty, self.starts):
            folder.mkdir(mode=PRIVATE, exist_ok=True)
        _remove(self.loads)
        self.loads.mkdir(mode=PRIVATE)

    def lock(self) -> int:
        """Keep any second unit from using these folders; held until the process ends.

        Raises:
            Refused: another unit holds it.
        """
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise Refused(
                f"A Ray unit (pid {pid}) runs on {self.runtime_dir} already.",
                hint="Stop it first, or give this one another folder with AANA_RUNTIME_DIR.",
                code="unit_running",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor

    def wipe_for_cold_start(self) -> None:
        """Forget the old cluster: Ray would bring back all its applications; the last session's logs stay."""
        for folder in (self.database, self.haproxy, self.empty, self.starts):
            _remove(folder)
            folder.mkdir(mode=PRIVATE)
        for session in self._sessions()[:-1]:
            _remove(session)
        self.start_log.unlink(missing_ok=True)
        self.rerun_log.unlink(missing_ok=True)

    def clean_after_stop(self) -> None:
        """Remove everything but the token and the last session's logs, which explain what happened."""
        for folder in (self.database, self.haproxy, self.empty, self.loads, self.starts):
            _remove(folder)
        found = self._sessions()
        for session in found[:-1]:
            _remove(session)
        for entry in [entry for session in found[-1:] for entry in session.iterdir()]:
            if entry.name != "logs":
                _remove(entry)
        self.socket.unlink(missing_ok=True)
        self.state_file.unlink(missing_ok=True)

    def _sessions(self) -> list[Path]:
        """The folders of Ray's sessions, oldest first; their names hold the time."""
        if not self.ray_temp.is_dir():
            return []
        return sorted(path for path in self.ray_temp.glob("session_2*") if path.is_dir() and not path.is_symlink())


def ensure_token(path: Path, *, may_make: bool = True) -> None:
    """See to it that the cluster's token is there and nobody else can read it.

    Raises:
        InvalidSettings: it is missing where it must be brought along, or others can read it.
    """
    if not path.exists():
        if not may_make:
            raise InvalidSettings(
                f"There is no cluster token at {path}.",
                hint="Copy the head's token there (mode 0600), or set AANA_RAY__TOKEN_PATH.",
            )
        # Written aside and linked, so that nobody ever reads half a token.
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(aside)
        aside.unlink()
    if path.stat().st_mode & 0o007:
        raise InvalidSettings(
            f"Everybody on this machine can use the cluster's token {path}.", hint=f"Run: chmod 600 {path}"
        )


def _own_folder(path: Path, setting: str, *, private: bool) -> None:
    hint = f"Choose another folder with AANA_{setting.upper()}, or remove this one."
    try:
        path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise InvalidSettings(f"The folder {path} cannot be made: {error.strerror}.", hint=hint) from error
    if not stat.S_ISDIR(found.st_mode):
        raise InvalidSettings(f"{path} must be a folder and no link.", hint=hint)
    if found.st_uid != os.geteuid() and (private or found.st_uid != 0):
        raise InvalidSettings(f"The folder {path} belongs to another user (uid {found.st_uid}).", hint=hint)
    if private and stat.S_IMODE(found.st_mode) != PRIVATE:
        path.chmod(PRIVATE)
    elif found.st_mode & stat.S_IWOTH:
        raise InvalidSettings(f"Everybody can write to the folder {path}.", hint=f"Run: chmod o-w {path}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
