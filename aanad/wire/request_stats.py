"""Numbers of requests and calls, by endpoint and by deployment."""

from __future__ import annotations

from typing import Literal

from aanad.wire.base import WireModel


class RequestStats(WireModel):
    """One endpoint or one deployment of a project; or, with `kind` ``project``, all endpoints of it together."""

    project: str
    kind: Literal["project", "endpoint", "deployment"]
    name: str
    """The endpoint's or the deployment's; the project's own for ``project``."""
    window_s: float
    """Seconds that rates and percentiles look back."""
    rate: float
    """Requests (endpoints) or calls (deployments) answered a second."""
    error_rate: float
    """Those of them a second that failed: status 5xx, or an exception."""
    p50_ms: float | None = None
    """Of the time from the first byte of the request to the last of the answer; None where there was none."""
    p95_ms: float | None = None
    p99_ms: float | None = None
    ongoing: int = 0
    """Being worked on now."""
    queued: int = 0
    """Waiting: for a place (`max_concurrent`), or for a replica that takes them."""
    total: int = 0
    """Since the project's replicas began to count; what replicas that are gone had counted stays in it."""
    errors: int = 0
    by_status: dict[str, int] = {}
    """`total` by HTTP status (endpoints), or by ``ok`` and the error's code (deployments)."""
