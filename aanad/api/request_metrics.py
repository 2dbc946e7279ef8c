"""Metrics of requests to endpoints and of calls to deployments, from what replicas counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from aanad.core.latency import BOUNDS_S, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from aanad.wire.request_stats import RequestStats

    Tallies = Mapping[tuple[str, str, str], Tally]

LE_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000)
"""Bounds of the exported buckets: some of those that replicas count in, so that each count is exact."""
assert set(LE_S) <= set(BOUNDS_S)  # noqa: S101 - a bound that is none would count wrong
NOTHING = Tally()


def families(stats: list[RequestStats], tallies: Tallies) -> Iterator[Metric]:
    """All metrics of these rows; a row that was never asked for is there with zeros."""
    endpoints = [row for row in stats if row.kind == "endpoint"]
    deployments = [row for row in stats if row.kind == "deployment"]
    yield _outcomes("aana_requests", "Requests that were answered.", ("endpoint", "status"), endpoints, tallies)
    yield _durations(
        "aana_request_duration_seconds", "From a request's arrival to its answer's end.", endpoints, tallies, "endpoint"
    )
    yield _gauge("aana_requests_ongoing", "Requests that are being worked on.", endpoints, "ongoing", "endpoint")
    yield _gauge(
        "aana_requests_queued",
        "Of them, those that wait for a place (max_concurrent).",
        endpoints,
        "queued",
        "endpoint",
    )
    yield _outcomes(
        "aana_deployment_calls", "Calls that deployments ended.", ("deployment", "outcome"), deployments, tallies
    )
    yield _durations(
        "aana_deployment_call_duration_seconds", "From a call's begin to its end.", deployments, tallies, "deployment"
    )
    yield _gauge("aana_deployment_calls_ongoing", "Calls that replicas work on.", deployments, "ongoing", "deployment")
    yield _gauge("aana_deployment_calls_queued", "Calls that wait for a replica.", deployments, "queued", "deployment")


def _outcomes(
    name: str, text: str, labels: tuple[str, str], rows: list[RequestStats], tallies: Tallies
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=("project", *labels))
    for row in rows:
        for outcome, count in sorted(_tally(row, tallies).outcomes.items()):
            family.add_metric((row.project, row.name, outcome), count)
    return family


def _durations(name: str, text: str, rows: list[RequestStats], tallies: Tallies, label: str) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, text, labels=("project", label), unit="seconds")
    for row in rows:
        tally = _tally(row, tallies)
        buckets = [(f"{bound:g}", count) for bound, count in zip(LE_S, tally.cumulative(LE_S), strict=True)]
        buckets.append(("+Inf", sum(tally.buckets.values())))
        family.add_metric((row.project, row.name), buckets, sum_value=tally.sum_s)
    return family


def _gauge(name: str, text: str, rows: list[RequestStats], attribute: str, label: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=("project", label))
    for row in rows:
        family.add_metric((row.project, row.name), getattr(row, attribute))
    return family


def _tally(row: RequestStats, tallies: Tallies) -> Tally:
    return tallies.get((row.project, row.kind, row.name), NOTHING)
