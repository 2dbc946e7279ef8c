"""What starts and ends of replicas take, from what is seen of them: the measure of a plan's gaps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aanad.core.records import Timing

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.core.records import ObservedCluster


@dataclass
class Stopwatch:
    """Follows replicas from reading to reading; knows only what it saw begin."""

    timings: dict[tuple[str, str], Timing] = field(default_factory=dict)
    """By project and deployment, of the last replica that it saw start or end."""
    _starting: dict[str, datetime] = field(default_factory=dict)
    _stopping: dict[str, tuple[tuple[str, str], datetime]] = field(default_factory=dict)
    _room_made_at: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def take(self, reading: ObservedCluster, now: datetime) -> None:
        """Look at a reading."""
        present = set()
        for app in reading.applications.values():
            for deployment in app.deployments.values():
                key = (app.name, deployment.name)
                for replica in deployment.replicas:
                    present.add(replica.id)
                    if replica.state == "STARTING":
                        self._starting.setdefault(replica.id, replica.started_at or now)
                    elif replica.is_ready and replica.id in self._starting:
                        self._started(key, self._starting.pop(replica.id), now)
                    elif replica.state == "STOPPING":
                        self._stopping.setdefault(replica.id, (key, now))
        for replica_id in [each for each in self._stopping if each not in present]:
            key, began = self._stopping.pop(replica_id)
            self._room_made_at[key] = now
            self._note(key, stop_s=_seconds(began, now))
        for replica_id in [each for each in self._starting if each not in present]:
            del self._starting[replica_id]

    def of(self, project: str) -> dict[str, Timing]:
        """What was measured of a project, by deployment."""
        return {name: timing for (each, name), timing in self.timings.items() if each == project}

    def _started(self, key: tuple[str, str], began: datetime, now: datetime) -> None:
        # A replica that had to wait for the room of the one before it starts when that is gone.
        room = self._room_made_at.get(key)
        if room is not None and room > began:
            began = room
        self._note(key, start_s=_seconds(began, now))

    def _note(self, key: tuple[str, str], **measured: float) -> None:
        self.timings[key] = replace(self.timings.get(key, Timing()), **measured)


def _seconds(began: datetime, now: datetime) -> float:
    return round(max(0.0, (now - began).total_seconds()), 1)
