"""Requests on the simulated box: rates that move as those of a day do, and their numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aanad.wire.manifest import INGRESS_DEPLOYMENT
from aanad.wire.phase import Phase
from aanad.wire.request_stats import RequestStats

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from aana_tui.demo.box import SimulatedBox
    from aana_tui.demo.project import SimulatedProject

WINDOW_S = 60.0
PERIOD_S = 420
ERRORS = 0.004
"""Share of requests that fail where all is well."""
ERRORS_DEGRADED = 0.05


class Traffic:
    """Keeps the sums, and shows rates and percentiles each second."""

    def __init__(self, box: SimulatedBox) -> None:
        self._box = box
        self._totals: dict[str, tuple[float, float]] = {}
        """By key: requests and errors."""
        box.each_second.append(self.flow)

    def flow(self) -> None:
        """A second of requests."""
        shown = set()
        for project in list(self._box.projects.values()):
            if not any(replica.phase is Phase.RUNNING for replica in project.replicas(INGRESS_DEPLOYMENT)):
                continue
            for stats in self._of(project):
                key = f"{project.name}/{stats.kind}/{stats.name}"
                shown.add(key)
                self._box.set("requests", key, stats)
        for key in self._box.items("requests").keys() - shown:
            self._box.set("requests", key, None)

    def _of(self, project: SimulatedProject) -> Iterator[RequestStats]:
        now, chance = self._box.seconds, self._box.chance(f"requests {project.name} {self._box.seconds // 3}")
        phase = sum(map(ord, project.name))
        wave = 1 + 0.35 * math.sin(2 * math.pi * now / PERIOD_S + phase)
        rate = project.rate * wave * chance.uniform(0.92, 1.08)
        slow = project.p50_ms * chance.uniform(0.94, 1.09)
        yield self._stats(project, "project", project.name, rate, slow)
        shares = _shares(len(project.endpoints))
        for (name, _), share in zip(project.endpoints, shares, strict=True):
            yield self._stats(project, "endpoint", name, rate * share, slow)
        for part in project.parts:
            yield self._stats(project, "deployment", part.name, rate * 1.6, slow * 0.8)

    def _stats(
        self,
        project: SimulatedProject,
        kind: Literal["project", "endpoint", "deployment"],
        name: str,
        rate: float,
        slow: float,
    ) -> RequestStats:
        key = f"{project.name}/{kind}/{name}"
        start = rate * 3600 * 5
        total, errors = self._totals.get(key, (start, start * ERRORS))
        share = ERRORS_DEGRADED if project.standing.phase is Phase.DEGRADED else ERRORS
        self._totals[key] = total, errors = total + rate, errors + rate * share
        good, bad = ("ok", "gpu_out_of_memory") if kind == "deployment" else ("200", "500")
        return RequestStats(
            project=project.name, kind=kind, name=name, window_s=WINDOW_S, rate=round(rate, 2),
            error_rate=round(rate * share, 3), p50_ms=round(slow, 1) if rate else None,
            p95_ms=round(slow * 2.3, 1) if rate else None, p99_ms=round(slow * 3.9, 1) if rate else None,
            ongoing=round(rate * slow / 1000), queued=max(0, round(rate * slow / 4000) - 1),
            total=int(total), errors=int(errors), by_status={good: int(total - errors), bad: int(errors)},
        )  # fmt: skip


def _shares(count: int) -> list[float]:
    """The first gets most."""
    weights = [1 / (index + 1) ** 2 for index in range(count)]
    return [weight / sum(weights) for weight in weights]
