"""What ``GET /v1/watch`` sends: server-sent events ``snapshot``, ``delta`` and ``dropped``, each with one of these.

A reader keeps, by topic and key, what the snapshot and then each delta says. Its cursor together with the epoch lets it
go on after a cut: ``?epoch=…&cursor=…``; what it missed is sent again, or, where that is not kept any more, a new
snapshot.
"""

from __future__ import annotations

from typing import Any, Literal

from aanad.wire.base import WireModel

Topic = Literal["daemon", "projects", "replicas", "operations", "requests", "gpus", "nodes", "events"]
"""``daemon`` has one key, ``status``. ``events`` holds the last 100 events by cursor. Keys of the others: a project's
name; ``project/deployment/replica``; an operation's id (those unfinished, and finished within ten minutes);
``project/kind/name``; ``node/index``; a node's address."""


class WatchSnapshot(WireModel):
    """Everything now."""

    epoch: str
    """Changes when the daemon starts anew: cursors of another epoch mean nothing."""
    cursor: int
    state: dict[Topic, dict[str, dict[str, Any]]]
    """By topic and key: the JSON of `Status`, `Project`, `Replica`, `Operation`, `RequestStats`, `Gpu`, `Node`,
    `Event`."""


class WatchDelta(WireModel):
    """One change."""

    cursor: int
    """One more than that of the change before, of whatever topic."""
    topic: Topic
    key: str
    item: dict[str, Any] | None
    """The item as it is now; None where it is gone."""


class WatchDropped(WireModel):
    """The last line of a stream that the daemon ends."""

    reason: Literal["too_slow", "stopping"]
    message: str
    hint: str = ""
