"""Processes of this machine: what they are called, and whose children they are."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

MOST_KEPT = 4096
DEEPEST = 64


@dataclass(frozen=True)
class _Known:
    created_at: float
    name: str
    parent: int


class Processes:
    """Reads each process once: its pid with its time of creation says whether it is still the same one."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def name(self, pid: int) -> str:
        """The command's name; empty where it is gone or hidden."""
        found = self._look(pid)
        return found.name if found else ""

    def lineage(self, pid: int) -> list[int]:
        """The process itself, its parent, the parent's parent and so on, as far as they live."""
        line: list[int] = []
        while pid > 1 and pid not in line and len(line) < DEEPEST:
            found = self._look(pid)
            if found is None:
                break
            line.append(pid)
            pid = found.parent
        return line

    def _look(self, pid: int) -> _Known | None:
        try:
            process = psutil.Process(pid)
            created_at = process.create_time()
            known = self._known.get(pid)
            is_same = known is not None and known.created_at == created_at
            # One whose parent ended has another parent by now.
            if known is not None and is_same and (known.parent == 1 or psutil.pid_exists(known.parent)):
                return known
            with process.oneshot():
                known = _Known(created_at, process.name(), process.ppid())
        except psutil.Error:
            self._known.pop(pid, None)
            return None
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        self._known[pid] = known
        return known
