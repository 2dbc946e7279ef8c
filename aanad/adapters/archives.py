"""The archives of revisions, as files named by their content; nothing in them is trusted before it was checked."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pydantic import ValidationError

from aanad.errors import Failed, InvalidProject, StoreUnavailable
from aanad.wire.project_file import ProjectFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MAX_ARCHIVE_BYTES = 90 * 1024 * 1024
"""Ray takes packages of at most 100 MiB."""
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_FILES = 20_000
LARGE_FILE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class CheckedArchive:
    """An archive that was looked through and kept."""

    digest: str
    size_bytes: int
    top: str
    file: ProjectFile
    requirements: str | None


class FileArchives:
    """Archives in one folder, ``<digest>.zip`` each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def save(self, chunks: AsyncIterator[bytes]) -> CheckedArchive:
        """Keep an uploaded archive; complete on disk, or not there at all."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".upload-", delete=False) as upload:
                path = Path(upload.name)
                try:
                    size = 0
                    async for chunk in chunks:
                        size += len(chunk)
                        if size > MAX_ARCHIVE_BYTES:
                            raise InvalidProject(
                                f"The archive is larger than {MAX_ARCHIVE_BYTES // 2**20} MB.",
                                hint="Archives hold code; keep weights outside, and skip more by .aanaignore.",
                                code="archive_too_large",
                            )
                        upload.write(chunk)
                    upload.flush()
                    os.fsync(upload.fileno())
                    checked = await asyncio.to_thread(check, path)
                    path.replace(self.path(checked.digest))  # noqa: ASYNC240 - a rename is quick
                finally:
                    path.unlink(missing_ok=True)  # noqa: ASYNC240
        except OSError as error:
            raise StoreUnavailable(
                f"The archive could not be kept: {error.strerror or error}.",
                hint=f"Is there room in {self._folder}, and may aanad write there?",
            ) from error
        return checked

    def path(self, digest: str) -> Path:
        """Where the archive with this digest lies."""
        return self._folder / f"{digest}.zip"

    async def has(self, digest: str) -> bool:
        """Whether the archive is there."""
        return await asyncio.to_thread(self.path(digest).is_file)

    async def delete(self, digest: str) -> None:
        """Remove an archive; one that is not there is no error."""
        await asyncio.to_thread(self.path(digest).unlink, missing_ok=True)

    async def files(self, digest: str) -> dict[str, bytes]:
        """Contents by path inside the project's folder; a file beyond a megabyte is given by its SHA-256 alone."""
        return await asyncio.to_thread(_files, self.path(digest))


def check(path: Path) -> CheckedArchive:
    """Look through an archive without unpacking it to disk.

    Raises:
        InvalidProject: it is no zip archive, too large unpacked, or an entry would not stay in its folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
            tops = {_checked_top(entry) for entry in entries}
            if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
                raise _refused("It is too large unpacked.")
            if len(tops) != 1:
                raise _refused("It must hold exactly one folder, named like the project.")
            top = tops.pop()
            digest = hashlib.sha256()
            for entry in entries:
                if entry.is_dir():
                    continue
                content = hashlib.sha256()
                with archive.open(entry) as file:
                    while block := file.read(1 << 20):
                        content.update(block)
                digest.update(f"{entry.filename}\0{content.hexdigest()}\n".encode())
            text = _optional(archive, f"{top}/project.toml")
            requirements = _optional(archive, f"{top}/requirements.txt")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise _refused("It is no zip archive that can be read.") from error
    return CheckedArchive(
        digest.hexdigest(), path.stat().st_size, top, parse_project_file(text), parse_requirements(requirements)
    )


def parse_requirements(text: bytes) -> str | None:
    """``requirements.txt`` as text; None where it asks for nothing.

    Raises:
        InvalidProject: it is no text.
    """
    try:
        decoded = text.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InvalidProject(f"requirements.txt is no UTF-8 text: {error}.", code="invalid_requirements") from error
    says = [line for line in decoded.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return decoded if says else None


def parse_project_file(text: bytes) -> ProjectFile:
    """``project.toml`` as a model.

    Raises:
        InvalidProject: it is no TOML, or a key or value is not known; the message names it.
    """
    try:
        return ProjectFile.model_validate(tomllib.loads(text.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidProject(f"project.toml is no TOML: {error}.", code="invalid_project_file") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InvalidProject(
            f"project.toml: {key}: {first['msg']}.",
            hint="docs/getting-started.md lists the keys and their values.",
            code="invalid_project_file",
        ) from error


def _optional(archive: zipfile.ZipFile, name: str) -> bytes:
    return archive.read(name) if name in archive.namelist() else b""


def _files(path: Path) -> dict[str, bytes]:
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                content = archive.read(entry)
                if len(content) > LARGE_FILE_BYTES:
                    content = b"\0" + hashlib.sha256(content).digest()
                found[entry.filename.partition("/")[2]] = content
    except (OSError, zipfile.BadZipFile) as error:
        raise Failed(
            f"The archive of the revision cannot be read: {error}.",
            hint="Deploy the project again.",
            code="archive_missing",
        ) from error
    return found


def _checked_top(entry: zipfile.ZipInfo) -> str:
    path = PurePosixPath(entry.filename)
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _refused(f"{entry.filename!r} is neither a file nor a folder.")
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or "\0" in entry.filename:
        raise _refused(f"{entry.filename!r} would not stay in its folder.")
    if len(path.parts) < 2 and not entry.is_dir():  # noqa: PLR2004 - a folder and a name
        raise _refused(f"{entry.filename!r} is in no folder.")
    return path.parts[0]


def _refused(why: str) -> InvalidProject:
    return InvalidProject(
        f"The archive cannot be used. {why}", hint="aana deploy packs a folder as it should be.", code="invalid_archive"
    )
