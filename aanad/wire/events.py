"""Events: the ordered, persistent record of what happened and who did it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aanad.wire.base import WireModel


class Event(WireModel):
    """One line of the record."""

    cursor: int
    """Grows with every event; read on from here with ``since=``."""
    time: datetime
    type: str
    """Dotted and stable: ``project.phase``, ``operation.finished``, ``replica.died``, ``cluster.restarted``."""
    project: str | None = None
    actor: str
    """Who did it: a user's name, or ``aanad``."""
    message: str
    data: dict[str, Any] = {}
