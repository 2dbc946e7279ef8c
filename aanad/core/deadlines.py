"""How long a change may take to come up; the time in which weights are downloaded is not counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aanad.core.records import ApplicationConfig


@dataclass(frozen=True)
class Deadlines:
    """How long a project may take to come up, in seconds."""

    build_s: float
    ready_s: float
    environment_s: float = 1800.0
    """In addition to a build, where the project has requirements that must be installed."""


@dataclass
class _Count:
    config: ApplicationConfig
    seen_at: float
    used_s: float = 0.0
    begun_at: float = 0.0


@dataclass
class Countdowns:
    """The time that each project has used since Serve was told what it shall be."""

    _counts: dict[str, _Count] = field(default_factory=dict)

    def used_s(self, project: str, config: ApplicationConfig, now: float, *, paused: bool) -> float:
        """Seconds that count, by a look at each round; what lies before a paused look does not."""
        count = self._counts.get(project)
        if count is None or count.config != config:
            count = self._counts[project] = _Count(config, now, begun_at=now)
        if not paused:
            count.used_s += now - count.seen_at
        count.seen_at = now
        return count.used_s

    def since_told_s(self, project: str, now: float) -> float:
        """Seconds since it was first seen, pauses included; 0 where it is not known."""
        count = self._counts.get(project)
        return 0.0 if count is None else now - count.begun_at

    def forget(self, project: str) -> None:
        """It is up, or is to be something else."""
        self._counts.pop(project, None)

    def clear(self) -> None:
        """A cold start: everybody begins anew."""
        self._counts.clear()
