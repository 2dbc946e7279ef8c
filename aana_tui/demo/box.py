"""What the simulated daemon has, by topic and key, and the changes of it."""

from __future__ import annotations

import random
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Condition
from typing import TYPE_CHECKING, Any

from aana_tui.demo import events, fleet, hardware
from aana_tui.demo.faults import Faults
from aana_tui.demo.life import Life
from aana_tui.demo.logs import SimulatedLog
from aana_tui.demo.traffic import Traffic
from aanad.wire.access import Role
from aanad.wire.events import Event
from aanad.wire.status import ClusterStatus, Status, StoreStatus
from aanad.wire.watch import WatchDelta, WatchSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from aana_tui.demo.faults import Seen
    from aana_tui.demo.project import SimulatedProject
    from aanad.wire.base import WireModel

KEPT = 10_000
"""Changes that a watcher may be behind."""
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WATCHED_EVENTS = 100
KEPT_EVENTS = 5000


class SimulatedBox:
    """The same seed and the same number of ticks give the same box."""

    def __init__(self, *, gpus: int = 8, replicas: int = 60, seed: int = 1, start: datetime = START) -> None:
        self.changed = Condition()
        """Held while the box changes; told of every change."""
        self.faults = Faults()
        self.seed = seed
        self.start = start
        self.epoch = f"demo-{seed}"
        self.version = "0.1.0"
        self.api_versions = ["v1"]
        self.actor = "you"
        self.role = Role.OPERATOR
        """What its user may do."""
        self.each_second: list[Callable[[], None]] = []
        """What happens in each simulated second, in this order; a part of the box adds what it plays."""
        self.is_closed = False
        self._state: dict[str, dict[str, dict[str, Any]]] = {}
        self._deltas: deque[WatchDelta] = deque(maxlen=KEPT)
        self.cursor = 0
        self.seconds = 0
        self.gpu_count = gpus
        self.next_pid = 48_000
        self.projects: dict[str, SimulatedProject] = {}
        self.event_log: deque[Event] = deque(maxlen=KEPT_EVENTS)
        events.remember(self)
        self.life = Life(self)
        fleet.settle(self, replicas)
        Traffic(self).flow()
        hardware.play(self, gpus)
        self.log = SimulatedLog(self)
        """What its replicas write."""
        self.each_second.append(self._show_status)
        self._show_status()

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return self.start + timedelta(seconds=self.seconds)

    def items(self, topic: str) -> dict[str, dict[str, Any]]:
        """What it has of a topic."""
        return self._state.setdefault(topic, {})

    def set(self, topic: str, key: str, item: WireModel | None) -> None:
        """Change something, and tell those who watch."""
        with self.changed:
            items = self.items(topic)
            value = item.model_dump(mode="json") if item is not None else None
            if items.get(key) == value:
                return
            if value is None:
                items.pop(key, None)
            else:
                items[key] = value
            self.cursor += 1
            delta = {"cursor": self.cursor, "topic": topic, "key": key, "item": value}
            self._deltas.append(WatchDelta.model_validate(delta))
            self.changed.notify_all()

    def snapshot(self, topics: Container[str] = ()) -> WatchSnapshot:
        """Everything now, of these topics or of all."""
        with self.changed:
            state = {topic: dict(items) for topic, items in self._state.items() if not topics or topic in topics}
            return WatchSnapshot.model_validate({"epoch": self.epoch, "cursor": self.cursor, "state": state})

    def deltas_after(self, cursor: int) -> list[WatchDelta]:
        """The changes after a cursor, as far as they are kept."""
        with self.changed:
            behind = self.cursor - cursor
            return list(islice(self._deltas, max(0, len(self._deltas) - behind), None))

    def is_past(self, cursor: int) -> bool:
        """Whether there are changes after a cursor."""
        return self.cursor > cursor

    def keeps(self, cursor: int) -> bool:
        """Whether all changes after a cursor are still kept."""
        return 0 <= self.cursor - cursor <= len(self._deltas)

    def chance(self, name: str) -> random.Random:
        """Chance of its own for each part that plays: the same in every run, whatever other parts do."""
        return random.Random(f"{self.seed} {name}")  # noqa: S311 - a play

    # What goes wrong

    @property
    def requests(self) -> deque[Seen]:
        """What has been asked, the oldest first."""
        return self.faults.requests

    def link_down(self) -> None:
        """Nobody answers any more, and all streams are cut."""
        with self.changed:
            self.faults.is_down = True
            self.faults.cuts += 1
            self.changed.notify_all()

    def link_up(self) -> None:
        """It answers again."""
        self.faults.is_down = False

    def tick(self) -> None:
        """A second passes."""
        with self.changed:
            self.seconds += 1
            for happens in self.each_second:
                happens()

    def close(self) -> None:
        """Let those who wait go."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()

    # What is played

    def record(
        self, kind: str, message: str, *, project: str | None = None, actor: str = "aanad",
        at: datetime | None = None, **data: Any,
    ) -> None:  # fmt: skip
        """Something happened; the last hundred are watched."""
        with self.changed:
            cursor = self.event_log[-1].cursor + 1 if self.event_log else 1
            event = Event(
                cursor=cursor, time=at or self.now, type=kind, project=project, actor=actor, message=message, data=data
            )  # fmt: skip
            self.event_log.append(event)
            self.set("events", str(cursor), event)
            self.set("events", str(cursor - WATCHED_EVENTS), None)

    def forget(self, name: str) -> None:
        """A project is gone."""
        with self.changed:
            self.projects.pop(name, None)
            for topic in ("projects", "replicas", "requests"):
                for key in [key for key in self.items(topic) if key.partition("/")[0] == name]:
                    self.set(topic, key, None)

    def _show_status(self) -> None:
        projects = self.items("projects").values()
        status = Status(
            version=self.version, pid=1, started_at=self.start, uptime_s=0, socket="/run/aana/aanad.sock",
            serve_url="http://127.0.0.1:8000", state_dir="/var/lib/aana",
            cluster=ClusterStatus(mode="managed", state="ready", since=self.start),
            store=StoreStatus(url="sqlite", ok=True),
            projects=len(projects), running=sum(project["phase"] == "running" for project in projects),
        )  # fmt: skip
        self.set("daemon", "status", status)
