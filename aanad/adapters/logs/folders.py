"""Which files of a folder belong to a source; looks at a folder again only where it changed."""

from __future__ import annotations

import os
import re
import time
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.core.records import LogSource

SETTLED_NS = 2_000_000_000
"""A folder that was changed less than this ago may have been changed again within the same tick of its clock."""
_ROTATED = re.compile(r"(.+\.(?:log|out|err))\.(\d{1,4})$|(.+)\.(\d{1,4})(\.(?:log|out|err))$")


@dataclass(frozen=True)
class Found:
    """One file of a source."""

    path: str
    family: str
    """The path it had before it was rotated away."""
    generation: int
    """0 for the file that is written; the higher, the older."""
    wildcard: str
    """What the pattern's `*` stands for."""


class Listing:
    """The names in a folder, here or on another node."""

    def __init__(self, folder: str, names: Iterable[str]) -> None:
        self._folder = folder
        self._names = sorted(_generation(name) for name in names)
        """Name without rotation, generation, name."""

    def differs(self, other: Listing) -> bool:
        """Whether it holds other names."""
        return self._names != other._names

    def matching(self, pattern: str, ends_with: str) -> list[Found]:
        """The files of a pattern, the oldest generation first."""
        prefix, star, suffix = pattern.partition("*")
        suffix = f"{ends_with}{suffix}"
        found = []
        for number in range(bisect_left(self._names, (prefix, 0, "")), len(self._names)):
            base, generation, name = self._names[number]
            if not base.startswith(prefix):
                break
            if star:
                # `*` is one id: `replica_asr_model_*.log` is not the log of a replica of asr_model_large.
                if not base.endswith(suffix) or len(base) <= len(prefix) or "_" in base[len(prefix) : -len(suffix)]:
                    continue
            elif base != pattern:
                continue
            wildcard = base[len(prefix) : len(base) - len(pattern.partition("*")[2])] if star else ""
            family = os.path.join(self._folder, base)  # noqa: PTH118 - called often
            found.append(Found(os.path.join(self._folder, name), family, generation, wildcard))  # noqa: PTH118
        return sorted(found, key=lambda each: (each.family, -each.generation))


class Folders:
    """The folders that were asked about."""

    def __init__(self) -> None:
        self._known: dict[str, _Folder] = {}

    def files(self, source: LogSource, root: Path | None) -> list[Found]:
        """A source's files, the oldest generation first; none where there is no session."""
        if source.path is not None:
            path = Path(source.path)
            folder, pattern = str(path.parent), path.name
        elif root is not None:
            path = root / source.pattern
            folder, pattern = str(path.parent), path.name
        else:
            return []
        known = self._known.setdefault(folder, _Folder(folder))
        return known.listing.matching(pattern, source.ends_with)

    def changed(self) -> bool:
        """Look at every folder, and tell whether any has other files than before."""
        return any([folder.refresh() for folder in self._known.values()])  # noqa: C419 - each one is looked at


class _Folder:
    def __init__(self, path: str) -> None:
        self._path = path
        self._modified = -1
        self._settled = False
        self.listing = Listing(path, ())
        self.refresh()

    def refresh(self) -> bool:
        try:
            modified = os.stat(self._path).st_mtime_ns  # noqa: PTH116 - called often
        except OSError:
            modified = 0
        if modified == self._modified and self._settled:
            return False
        self._modified = modified
        self._settled = time.time_ns() - modified > SETTLED_NS
        try:
            found = Listing(self._path, os.listdir(self._path))  # noqa: PTH208 - names are all
        except OSError:
            found = Listing(self._path, ())
        is_other = found.differs(self.listing)
        self.listing = found
        return is_other


def _generation(name: str) -> tuple[str, int, str]:
    match = _ROTATED.match(name)
    if match is None:
        return name, 0, name
    if match[1]:
        return match[1], int(match[2]), name
    return f"{match[3]}{match[5]}", int(match[4]), name
