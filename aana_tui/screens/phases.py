"""How phases stand in tables: by sign, tone and severity."""

from __future__ import annotations

from aana_tui.tones import PHASES
from aana_tui.widgets.rows import Cell

_WORST_FIRST = ("failed", "degraded", "unknown", "pending", "updating", "starting", "stopping", "running", "stopped")
FAULTS = frozenset(_WORST_FIRST[:4])
"""Phases in which somebody may have to act."""


def phase_cell(phase: str) -> Cell:
    """Sign and name."""
    sign, tone = PHASES.get(phase, ("?", "warn"))
    return Cell(f"{sign} {phase}", tone)


def severity(phase: str) -> int:
    """What a column of phases sorts by: the worst first."""
    return _WORST_FIRST.index(phase) if phase in _WORST_FIRST else 0
