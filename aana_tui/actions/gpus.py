"""Actions of the view of GPUs and nodes."""

from __future__ import annotations

from aana_tui.actions.action import Action, Scope

_G = Scope.GPUS

ACTIONS = (Action("gpus.window", "Span", "Show the graphs of the last 5, 15 or 60 minutes.", _G, "w", "span"),)
