"""Folders of the daemon's machine become archives, as the command makes them of a user's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class FolderPacking:
    """Folders of this machine, packed as the command packs them."""

    async def pack(self, path: str) -> PackedBytes:
        """Pack a folder."""
        from aanad.client import pack  # noqa: PLC0415 - most daemons never need it

        if not Path(path).is_absolute():
            raise InvalidInput(f"{path} is no absolute path.", hint="The daemon has no current folder of yours.")
        archive = await asyncio.to_thread(pack, path)
        return PackedBytes(archive.name, archive.app, archive.git_commit, archive.content)


@dataclass(frozen=True)
class PackedBytes:
    """A packed folder, ready to be uploaded."""

    name: str
    app: str | None
    git_commit: str | None
    content: bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        """In one piece."""
        yield self.content
