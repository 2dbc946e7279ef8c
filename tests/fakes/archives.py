"""Archives in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aanad.errors import Failed
from aanad.wire.project_file import ProjectFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True)
class FakeStoredArchive:
    digest: str
    size_bytes: int
    top: str
    file: ProjectFile
    requirements: str | None


class FakeArchives:
    r"""An upload is `<top>\n<content of app.py>`; `projects` and `requirements` give a top folder's other files."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.projects: dict[str, ProjectFile] = {}
        self.requirements: dict[str, str] = {}

    async def save(self, chunks: AsyncIterator[bytes]) -> FakeStoredArchive:
        content = b"".join([chunk async for chunk in chunks])
        top = content.split(b"\n", 1)[0].decode()
        file, requirements = self.projects.get(top, ProjectFile()), self.requirements.get(top)
        digest = hashlib.sha256(content + file.model_dump_json().encode() + (requirements or "").encode()).hexdigest()
        self.kept[digest] = content
        return FakeStoredArchive(digest, len(content), top, file, requirements)

    def path(self, digest: str) -> Path:
        return Path(f"/archives/{digest}.zip")

    async def has(self, digest: str) -> bool:
        return digest in self.kept

    async def delete(self, digest: str) -> None:
        self.kept.pop(digest, None)

    async def files(self, digest: str) -> dict[str, bytes]:
        if digest not in self.kept:
            raise Failed("The archive of the revision cannot be read.", code="archive_missing")
        return {"app.py": self.kept[digest].split(b"\n", 1)[1]}
