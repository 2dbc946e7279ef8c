"""What an ingress replica knows of its own project: the handles Serve gave it and the classes behind them.

`AanaDeploymentHandle` looks here first. In a deployment's replica nothing is wired, and handles are made by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Wiring:
    """The deployments of the project that this process serves."""

    project: str
    handles: Mapping[str, Any]
    """Serve's handles by deployment name (anything with ``options(method_name=, stream=)`` and ``remote``)."""
    classes: Mapping[str, type] = field(default_factory=dict)
    """The deployments' classes, where they are known."""


_current: list[Wiring] = []


def install(wiring: Wiring | None) -> None:
    """Make `wiring` this process's own; None takes it away."""
    _current[:] = [] if wiring is None else [wiring]


def current() -> Wiring | None:
    """This process's wiring, if it has one."""
    return _current[0] if _current else None
