"""Metrics of projects and their replicas, and of the daemon itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

from aanad.wire.phase import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from aanad.wire.projects import Project, Replica
    from aanad.wire.status import Status


def project_families(
    projects: list[Project], replicas: list[Replica], restarts: Mapping[tuple[str, str], int]
) -> Iterator[Metric]:
    """Of all projects."""
    info = InfoMetricFamily("aana_project", "Which revision of a project is active, and where.", labels=("project",))
    phase = GaugeMetricFamily("aana_project_phase", "1 for the phase that it is in.", labels=("project", "phase"))
    wanted = GaugeMetricFamily("aana_project_replicas_wanted", "Replicas asked for.", labels=("project",))
    for project in projects:
        info.add_metric((project.name,), {"revision": project.revision or "", "route_prefix": project.route_prefix})
        for each in Phase:
            phase.add_metric((project.name, each.value), project.phase is each)
        wanted.add_metric((project.name,), project.replicas)
    yield info
    yield phase
    yield wanted
    running = GaugeMetricFamily(
        "aana_replicas", "Replicas that are there, by phase.", labels=("project", "deployment", "phase")
    )
    found = Counter((replica.project, replica.deployment, replica.phase.value) for replica in replicas)
    for key, count in sorted(found.items()):
        running.add_metric(key, count)
    yield running
    died = CounterMetricFamily(
        "aana_replica_restarts", "Replicas that died without being asked to.", labels=("project", "deployment")
    )
    names = {project.name for project in projects}
    deployments = {(replica.project, replica.deployment) for replica in replicas}
    for place in sorted(deployments | {place for place in restarts if place[0] in names}):
        died.add_metric(place, restarts.get(place, 0))
    yield died


def daemon_families(status: Status) -> Iterator[Metric]:
    """Of the daemon itself."""
    yield InfoMetricFamily("aana_build", "Which daemon this is.", {"version": status.version})
    yield GaugeMetricFamily("aana_daemon_uptime_seconds", "Since the daemon started.", status.uptime_s, unit="seconds")
    is_up = status.cluster.state in {"ready", "recovering"}
    yield GaugeMetricFamily("aana_cluster_up", "1 where Ray can be reached.", is_up)
    yield GaugeMetricFamily("aana_store_up", "1 where the database answers.", status.store.ok)
