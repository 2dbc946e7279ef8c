"""What `aana top` reads, made by hand."""

from __future__ import annotations

from typing import Any

from aanad.cli.top_sample import Sample
from aanad.wire.hardware import Gpu, GpuHolder, HardwareState, Node
from aanad.wire.projects import Project, Replica
from aanad.wire.request_stats import RequestStats
from aanad.wire.status import ClusterStatus, Status, StoreStatus
from tests.client.fake_daemon import NOW, project, replica

GIB = 1024**3


def status(**cluster: Any) -> Status:
    """A daemon that is well."""
    return Status(
        version="0.1.0",
        pid=7,
        started_at=NOW,
        uptime_s=61,
        socket="/run/s",
        serve_url="http://127.0.0.1:8000",
        state_dir="/var/lib/aana",
        cluster=ClusterStatus(**{"mode": "managed", "state": "ready", "since": NOW, **cluster}),
        store=StoreStatus(url="sqlite:///x", ok=True),
        projects=2,
        running=1,
    )


def stats(name: str = "lowercase", **changes: Any) -> RequestStats:
    """Some load on a project."""
    values: dict[str, Any] = {
        "project": name,
        "kind": "project",
        "name": name,
        "window_s": 60,
        "rate": 12.34,
        "error_rate": 0.5,
        "p50_ms": 3.21,
        "p95_ms": 120.4,
        "p99_ms": 1500,
        "ongoing": 3,
        "queued": 1,
        "total": 740,
        "errors": 30,
    }
    return RequestStats(**{**values, **changes})


def gpu(index: int = 0, **changes: Any) -> Gpu:
    """A GPU that works for the project llm."""
    values: dict[str, Any] = {
        "node": "10.0.0.1",
        "index": index,
        "uuid": f"GPU-{index}",
        "name": "NVIDIA H100",
        "state": HardwareState.OK,
        "reason": "ok",
        "utilization_percent": 37,
        "memory_used_bytes": 12 * GIB,
        "memory_total_bytes": 80 * GIB,
        "temperature_c": 54,
        "power_w": 212.4,
        "power_limit_w": 700,
        "holders": [GpuHolder(project="llm", deployment="model", replica="m1")],
    }
    return Gpu(**{**values, **changes})


def node(address: str = "10.0.0.1", **changes: Any) -> Node:
    """A machine that is half busy."""
    values: dict[str, Any] = {
        "id": "n1",
        "address": address,
        "hostname": "box",
        "is_head": True,
        "state": HardwareState.OK,
        "reason": "ok",
        "cpus": 16,
        "cpu_percent": 50,
        "memory_used_bytes": 8 * GIB,
        "memory_total_bytes": 64 * GIB,
    }
    return Node(**{**values, **changes})


def sample(
    projects: list[Project] | None = None,
    *,
    replicas: list[Replica] | None = None,
    requests: list[RequestStats] | None = None,
    gpus: list[Gpu] | None = None,
    nodes: list[Node] | None = None,
    **cluster: Any,
) -> Sample:
    """One project with one replica and some load, unless said otherwise."""
    return Sample(
        time=NOW,
        status=status(**cluster),
        projects=[project()] if projects is None else projects,
        replicas=[replica()] if replicas is None else replicas,
        requests={each.name: each for each in ([stats()] if requests is None else requests)},
        gpus=gpus or [],
        nodes=[node()] if nodes is None else nodes,
    )
