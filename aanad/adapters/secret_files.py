"""The secrets of projects: a file each that only the daemon's user can read, and sealed for their replicas."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aanad.errors import ClusterUnavailable, InvalidInput, StoreUnavailable
from aanad.wire.secrets import MAX_SECRET_BYTES, MAX_SECRETS_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

SEAL_INFO = b"aana secrets"
"""What the key is derived for; `aanad.sdk.sealed_secrets` has the same."""
SEAL_KEY_BYTES = 64


class SecretFiles:
    """One JSON file a project, ``<project>.json``: names and values."""

    def __init__(self, folder: Path, token: Callable[[], str | None]) -> None:
        """`token` is the cluster's, and asked each time: a new cluster may have another one."""
        self._folder = folder
        self._token = token
        self._cache: dict[str, dict[str, str]] = {}
        self._lock = asyncio.Lock()

    async def names(self, project: str) -> list[str]:
        """Names of a project's secrets, sorted."""
        return sorted(await self.values(project))

    async def values(self, project: str) -> dict[str, str]:
        """All of them."""
        async with self._lock:
            return dict(await asyncio.to_thread(self._read, project))

    async def set(self, project: str, name: str, value: str) -> bool:
        """Keep one; False where it had this very value already."""
        async with self._lock:
            known = await asyncio.to_thread(self._read, project)
            wanted = {**known, name: value}
            check_secrets(name, wanted)
            if wanted == known:
                return False
            await asyncio.to_thread(self._write, project, wanted)
            return True

    async def remove(self, project: str, name: str) -> bool:
        """Forget one; False where there is none of that name."""
        async with self._lock:
            known = await asyncio.to_thread(self._read, project)
            if name not in known:
                return False
            rest = {key: value for key, value in known.items() if key != name}
            await asyncio.to_thread(self._write, project, rest)
            return True

    async def remove_all(self, project: str) -> None:
        """Forget all of a project, whatever its file holds."""
        async with self._lock:
            await asyncio.to_thread(self._write, project, {})

    def sealed(self, project: str) -> str | None:
        """All of a project, sealed; equal secrets give an equal text, so that Serve sees no change in them."""
        values = self._read(project)
        if not values:
            return None
        token = self._token()
        if not token:
            raise ClusterUnavailable(
                "The cluster has no token yet to seal secrets with.", hint="aana status shows the Ray unit."
            )
        return seal(values, project=project, token=token)

    def _read(self, project: str) -> dict[str, str]:
        if project not in self._cache:
            self._cache[project] = self._from_file(project)
        return self._cache[project]

    def _from_file(self, project: str) -> dict[str, str]:
        path = self._path(project)
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unavailable("read", path, error) from error
        except ValueError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise StoreUnavailable(
                f"The secrets of {project} cannot be read: {path} is damaged.",
                hint="Put the file back from a backup, or move it away and set the secrets again.",
            )
        return found

    def _write(self, project: str, values: dict[str, str]) -> None:
        """Complete on disk, or as before; nothing at all where there are no secrets."""
        path = self._path(project)
        try:
            if values:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._folder.chmod(0o700)
                _replace(path, json.dumps(values, indent=1, sort_keys=True))
            else:
                path.unlink(missing_ok=True)
            _sync_folder(self._folder)
        except OSError as error:
            raise _unavailable("kept" if values else "removed", path, error) from error
        self._cache[project] = values

    def _path(self, project: str) -> Path:
        if not project.isidentifier():
            raise InvalidInput(f"There is no project called {project!r}.", code="invalid_project_name")
        return self._folder / f"{project}.json"


def check_secrets(name: str, values: dict[str, str]) -> None:
    """Whether the secret `name` may be kept among these; environments bound what a process can be given.

    Raises:
        InvalidInput: ``secret_too_large`` or ``invalid_secret``.
    """
    try:
        size = len(values[name].encode())
    except UnicodeEncodeError:
        size = -1
    if size < 0 or "\0" in values[name]:
        raise InvalidInput(
            f"The value of {name} cannot be put into an environment variable.",
            hint="Give text without NUL characters; encode binary data as base64.",
            code="invalid_secret",
        )
    if size > MAX_SECRET_BYTES:
        raise InvalidInput(
            f"The value of {name} is {size} bytes long, and a secret may have {MAX_SECRET_BYTES}.",
            hint="Keep larger things in a file on the machine, and its path in the project's env.",
            code="secret_too_large",
        )
    total = sum(len(key.encode()) + len(value.encode()) for key, value in values.items())
    if total > MAX_SECRETS_BYTES:
        raise InvalidInput(
            f"With {name} the project's secrets would have {total} bytes, and all together may have "
            f"{MAX_SECRETS_BYTES}.",
            hint="Remove one that is not needed any more.",
            code="secret_too_large",
        )


def seal(values: dict[str, str], *, project: str, token: str) -> str:
    """Encrypt them for whoever has the token, bound to the project's name; the same always gives the same."""
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415 - only who has secrets pays for it
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    key = HKDF(algorithm=SHA256(), length=SEAL_KEY_BYTES, salt=None, info=SEAL_INFO).derive(token.strip().encode())
    text = json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
    return base64.b64encode(AESSIV(key).encrypt(text, [project.encode()])).decode()


def _replace(path: Path, text: str) -> None:
    """Write aside, readable by nobody else from the first byte on, and take the place of `path`."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unavailable(verb: str, path: Path, error: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"The secrets could not be {verb}: {error.strerror or error}.",
        hint=f"Is there room in {path.parent}, and may aanad read and write there?",
    )
