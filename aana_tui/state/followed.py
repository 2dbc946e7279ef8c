"""Operations that this console began: what is said of them while they run, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aana_tui.state.store import Store
    from aanad.wire.operations import Operation


class Followed:
    """Reads the store, which the watch keeps; nothing is asked or waited for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: dict[str, Operation] = {}

    def add(self, operation: Operation) -> None:
        """Follow one more."""
        self._running[operation.id] = operation

    def forget(self, name: str) -> None:
        """Nobody knows it any more."""
        self._running.pop(name, None)

    @property
    def is_any(self) -> bool:
        """Whether any is followed."""
        return bool(self._running)

    def take_finished(self) -> list[Operation]:
        """Those that have ended since the last look."""
        if not self._running or not self._store.link.is_live:
            return []
        now = {operation.id: operation for operation in self._store.operations()}
        self._running = {name: now.get(name, operation) for name, operation in self._running.items()}
        ended = [operation for operation in self._running.values() if operation.state.is_final]
        for operation in ended:
            del self._running[operation.id]
        return ended

    def missing(self) -> list[str]:
        """Those that the watch does not tell of any more: they ended while the link was lost."""
        if not self._running or not self._store.link.is_live:
            return []
        known = {operation.id for operation in self._store.operations()}
        return [name for name in self._running if name not in known]

    def line(self) -> str:
        """``start of whisper: replicas 1/2``; with how many more there are."""
        if not self._running:
            return ""
        newest = list(self._running.values())[-1]
        more = f"  (+{len(self._running) - 1} more)" if len(self._running) > 1 else ""
        return f"{newest.kind} of {newest.project}: {progress(newest)}{more}"


def progress(operation: Operation) -> str:
    """Where an operation stands, in a few words."""
    step = next((step for step in operation.steps if step.state == "running"), None)
    if step is None:
        return operation.state.value
    counted = f" {step.done}/{step.total}" if step.done is not None and step.total is not None else ""
    said = f": {step.message}" if step.message and not counted else ""
    return f"{step.name}{counted}{said}"
