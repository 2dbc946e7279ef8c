"""Who starts first: projects of a higher priority, for a limited time, so that one that hangs holds up nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.core.projects import Obstacle
from aanad.wire.phase import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE_S = 60.0
"""How long a project of a lower priority waits for one that was given to Serve and does not come up."""


def waiting_for_priority(starting: set[str], priorities: Mapping[str, int], settled: set[str]) -> dict[str, Obstacle]:
    """Projects that must wait, with the one that they wait for.

    Args:
        starting: projects that Serve does not have and shall get.
        priorities: by project, of all that shall serve.
        settled: those that serve already, or had their time to.
    """
    waiting = {}
    for name in starting:
        before = [other for other in priorities if other not in settled and priorities[other] > priorities.get(name, 0)]
        if before:
            first = max(before, key=lambda other: (priorities[other], other))
            message = f"It starts after {first}, whose priority is higher ({priorities[first]})."
            waiting[name] = Obstacle(Reason.WAITS_FOR_PRIORITY, message, "priority in project.toml decides the order.")
    return waiting
