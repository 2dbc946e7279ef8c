"""Archives in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aanad.wire.project_file import ProjectFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True)
class FakeStoredArchive:
    digest: str
    size_bytes: int
    top: str
    file: ProjectFile


class FakeArchives:
    r"""An upload is `<top>\n<anything>`; `files` gives the project.toml of a top folder."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.files: dict[str, ProjectFile] = {}

    async def save(self, chunks: AsyncIterator[bytes]) -> FakeStoredArchive:
        content = b"".join([chunk async for chunk in chunks])
        top = content.split(b"\n", 1)[0].decode()
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return FakeStoredArchive(digest, len(content), top, self.files.get(top, ProjectFile()))

    def path(self, digest: str) -> Path:
        return Path(f"/archives/{digest}.zip")

    async def has(self, digest: str) -> bool:
        return digest in self.kept

    async def delete(self, digest: str) -> None:
        self.kept.pop(digest, None)
