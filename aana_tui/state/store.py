"""The daemon's state as the watch says it; the link's thread writes, widgets read at their own pace."""

from __future__ import annotations

import time
from collections import Counter
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from aana_tui.state.link_state import LinkState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aanad.wire.access import Access
    from aanad.wire.base import WireModel
    from aanad.wire.events import Event
    from aanad.wire.hardware import Gpu, Node
    from aanad.wire.operations import Operation
    from aanad.wire.projects import Project, Replica
    from aanad.wire.request_stats import RequestStats
    from aanad.wire.status import Status
    from aanad.wire.watch import Topic, WatchDelta, WatchSnapshot


class Store:
    """One daemon's state. Every method may be called from any thread.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._raw: dict[str, dict[str, dict[str, Any]]] = {}
        self._models: dict[str, dict[str, tuple[dict[str, Any], WireModel]]] = {}
        """With the JSON that each was made of: what has not changed is not read again."""
        self._versions: Counter[str] = Counter()
        self._link = LinkState(since=clock())
        self._access: Access | None = None
        self._seen_at: float | None = None
        self._known_at: float | None = None

    # The link's side

    def apply(self, change: WatchSnapshot | WatchDelta) -> None:
        """Take in a snapshot or a delta."""
        from aanad.wire.watch import WatchSnapshot

        with self._lock:
            self._known_at = self._seen_at = self._clock()
            if isinstance(change, WatchSnapshot):
                topics: Iterable[str] = {*self._raw, *change.state}
                self._raw = {topic: dict(items) for topic, items in change.state.items()}
                self._versions.update(topics)
                return
            items = self._raw.setdefault(change.topic, {})
            if change.item is None:
                items.pop(change.key, None)
            else:
                items[change.key] = change.item
            self._versions[change.topic] += 1

    def set_link(self, link: LinkState) -> None:
        """The link is otherwise than before."""
        with self._lock:
            if link.is_live or self._link.is_live:
                self._seen_at = self._clock()
            self._link = link
            self._versions["link"] += 1

    def set_access(self, access: Access | None) -> None:
        """The daemon said what this console may do."""
        with self._lock:
            self._access = access
            self._versions["link"] += 1

    # The widgets' side

    @property
    def link(self) -> LinkState:
        """How the link is."""
        return self._link

    @property
    def access(self) -> Access | None:
        """What this console may do; None until the daemon has said so."""
        return self._access

    @property
    def is_known(self) -> bool:
        """Whether anything was ever seen of this daemon."""
        return self._known_at is not None

    @property
    def age_s(self) -> float:
        """Seconds since what is shown was true; 0 while the link is live."""
        if self._link.is_live or self._seen_at is None:
            return 0.0
        return self._clock() - self._seen_at

    def now(self) -> float:
        """The clock that `LinkState`'s times are of."""
        return self._clock()

    def version(self, *topics: Topic | str) -> tuple[int, ...]:
        """Changes when something of these topics does; ``link`` stands for the link and the access."""
        return tuple(self._versions[topic] for topic in topics)

    def projects(self) -> list[Project]:
        """All projects, by name."""
        return sorted(self._items("projects"), key=lambda project: project.name)

    def replicas(self) -> list[Replica]:
        """All replicas, by project, deployment and id."""
        return sorted(self._items("replicas"), key=lambda one: (one.project, one.deployment, one.id))

    def operations(self) -> list[Operation]:
        """Those unfinished or just finished, the newest first."""
        return sorted(self._items("operations"), key=lambda one: one.created_at, reverse=True)

    def request_stats(self) -> list[RequestStats]:
        """Numbers of requests and calls."""
        return self._items("requests")

    def gpus(self) -> list[Gpu]:
        """All GPUs, by node and index."""
        return sorted(self._items("gpus"), key=lambda gpu: (gpu.node, gpu.index))

    def nodes(self) -> list[Node]:
        """All machines, the daemon's own first."""
        return sorted(self._items("nodes"), key=lambda node: (not node.is_head, node.address))

    def events(self) -> list[Event]:
        """The last hundred, the oldest first."""
        return sorted(self._items("events"), key=lambda event: event.cursor)

    def status(self) -> Status | None:
        """The daemon's own."""
        return next(iter(self._items("daemon")), None)

    def _items(self, topic: str) -> list[Any]:
        with self._lock:
            raw = dict(self._raw.get(topic, {}))
        if not raw:
            # The first frame is painted before the models of the wire are loaded.
            self._models.pop(topic, None)
            return []
        kind = _kind(topic)
        known = self._models.get(topic, {})
        models: dict[str, tuple[dict[str, Any], WireModel]] = {}
        for key, item in raw.items():
            before = known.get(key)
            models[key] = before if before is not None and before[0] is item else (item, kind.model_validate(item))
        self._models[topic] = models
        return [model for _, model in models.values()]


def _kind(topic: str) -> type[WireModel]:
    module, _, name = _KINDS[topic].partition(":")
    found: type[WireModel] = getattr(import_module(f"aanad.wire.{module}"), name)
    return found


_KINDS = {
    "daemon": "status:Status",
    "projects": "projects:Project",
    "replicas": "projects:Replica",
    "operations": "operations:Operation",
    "requests": "request_stats:RequestStats",
    "gpus": "hardware:Gpu",
    "nodes": "hardware:Node",
    "events": "events:Event",
}
"""The model of each topic's items."""
