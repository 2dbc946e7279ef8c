"""A plan: what a change would do, in which order, where it fits and what it interrupts."""

from __future__ import annotations

from enum import StrEnum

from aanad.wire.base import WireModel


class Change(WireModel):
    """One setting that would differ."""

    name: str
    """Dotted: ``deployments.model.replicas``, ``env.COLOUR``, ``route_prefix``."""
    before: str | None
    after: str | None


class FileChanges(WireModel):
    """Paths inside the project's folder."""

    added: list[str] = []
    changed: list[str] = []
    removed: list[str] = []


class StepAction(StrEnum):
    """What happens to a deployment."""

    START = "start"
    REPLACE = "replace"
    """Every replica is replaced by a new one."""
    SCALE_UP = "scale_up"
    SCALE_DOWN = "scale_down"
    RECONFIGURE = "reconfigure"
    """Its replicas take over a new `user_config` without a restart."""
    STOP = "stop"
    KEEP = "keep"


class Placed(WireModel):
    """Replicas on one node."""

    node: str
    """The node's address."""
    replicas: int


class PlanStep(WireModel):
    """One deployment's part; steps with the same `order` happen at the same time."""

    order: int
    deployment: str
    action: StepAction
    replicas_before: int
    replicas_after: int
    surge: bool = False
    """Whether new replicas come up beside the old ones, so that no request waits."""
    gap_s: float | None = None
    """About how many seconds no replica of it answers (requests wait); None where there is no gap. It is the time
    that the old replica takes to end plus what the last start took; 0 where it never started before."""
    resources: dict[str, float] = {}
    """What one replica asks for: ``CPU``, ``GPU``, …"""
    placement: list[Placed] = []
    """Where the new replicas would go, by what is free now."""
    message: str = ""
    """One sentence: how it happens, or what it lacks and who holds that."""


class Plan(WireModel):
    """Nothing of it is done; what it is based on may have changed a moment later."""

    project: str
    action: str
    """``deploy``, ``rollback``, ``start``, ``restart``, ``scale``, ``stop`` or ``remove``."""
    revision_before: str | None
    revision_after: str | None
    files: FileChanges = FileChanges()
    settings: list[Change] = []
    steps: list[PlanStep] = []
    notes: list[str] = []
    """Further consequences, a sentence each."""
    fits: bool = True
    """Whether all replicas find room; where not, the steps say what is short, on which node and who holds it."""
    interrupts: bool = False
    """Whether some deployment does not answer for a while."""
    summary: str
    """One sentence."""
