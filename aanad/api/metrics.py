"""``/metrics``: the daemon's numbers for Prometheus; docs/metrics.md lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Response
from prometheus_client.exposition import choose_encoder

from aanad.api import hardware_metrics, project_metrics, request_metrics
from aanad.api.services import Core
from aanad.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from aanad.api.services import Services

router = APIRouter(tags=["daemon"])


class Collected:
    """Metrics of one moment, as prometheus_client wants them."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        return iter(self._families)


@router.get("/metrics", response_class=Response)
async def metrics(core: Core, accept: Annotated[str, Header()] = "") -> Response:
    """Everything that is counted and measured, in Prometheus's text format, or in OpenMetrics where `Accept` asks."""
    encode, media_type = choose_encoder(accept)
    return Response(encode(Collected(await _families(core))), headers={"content-type": media_type})


async def _families(core: Services) -> list[Metric]:
    found = list(project_metrics.daemon_families(await core.status.status()))
    found += hardware_metrics.families(await core.hardware.gpus(), await core.hardware.nodes())
    try:
        found += project_metrics.project_families(
            await core.overview.projects(), await core.overview.replicas(), core.overview.restarts()
        )
        found += request_metrics.families(await core.requests.stats(), await core.requests.tallies())
    except StoreUnavailable:
        return found  # aana_store_up says it
    return found
