"""Unpacking a project's archive, trusting nothing in it."""

from __future__ import annotations

import stat
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from aanad.errors import InvalidProject

if TYPE_CHECKING:
    from pathlib import Path

MAX_ARCHIVE_BYTES = 100 * 1024 * 1024
"""Ray takes no larger ones."""
MAX_UNPACKED_BYTES = 1_000_000_000
MAX_FILES = 20_000
CHUNK = 1024 * 1024


def unpack(archive: Path, folder: Path, project: str) -> None:
    """Unpack a project's archive into an empty folder.

    Args:
        archive: the zip file.
        folder: where `<project>/…` is to appear.
        project: the only top folder that the archive may hold.

    Raises:
        InvalidProject: code ``invalid_archive``: it is no archive of that project, or a trap.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            _check(entries, project)
            left = MAX_UNPACKED_BYTES
            for entry in entries:
                left -= _extract(opened, entry, folder, left)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        # RuntimeError is zipfile's answer to encryption, NotImplementedError to unknown compression.
        raise _invalid(f"The archive cannot be unpacked: {error}.") from error


def _check(entries: list[zipfile.ZipInfo], project: str) -> None:
    if len(entries) > MAX_FILES:
        raise _invalid(f"The archive holds {len(entries)} files; at most {MAX_FILES} are allowed.")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise _invalid(f"The archive is larger than {MAX_UNPACKED_BYTES} bytes when unpacked.")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts:
            raise _invalid(f"The archive holds a file that would lie outside of it: {name!r}.")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _invalid(f"The archive holds something that is neither file nor folder: {name!r}.")
        if path.parts[0] != project:
            raise _invalid(f"The archive of project {project} holds {name!r} outside of the folder {project}/.")
        if str(path) in seen and not entry.is_dir():
            raise _invalid(f"The archive holds {name!r} twice.")
        seen.add(str(path))
    if not any(not entry.is_dir() for entry in entries):
        raise _invalid(f"The archive holds no file under {project}/.")


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, allowed: int) -> int:
    """Write one entry; the sizes in a zip's directory may lie, so what is written is counted."""
    target = folder / PurePosixPath(entry.filename)
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opened.open(entry) as source, target.open("xb") as sink:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > allowed:
                raise _invalid(f"The archive is larger than {MAX_UNPACKED_BYTES} bytes when unpacked.")
            sink.write(chunk)
    return written


def _invalid(message: str) -> InvalidProject:
    return InvalidProject(
        message, hint="Let `aana deploy` pack the project's folder; keep weights out of it.", code="invalid_archive"
    )
