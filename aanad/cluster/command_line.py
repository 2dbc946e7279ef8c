"""The command lines of ``ray start``, and the fingerprint that says whether a running head still fits the settings."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from aanad.errors import Failed

if TYPE_CHECKING:
    from aanad.cluster.folders import Folders
    from aanad.settings import Settings

MIB = 1024 * 1024
LARGEST_DEFAULT_STORE = 2048 * MIB
SMALLEST_STORE = 80 * MIB
"""Ray refuses less than 75 MiB."""
NODE_FLAGS = [
    # 0 lets every process take a free port by itself; fixed defaults collide where two heads share a machine.
    "--min-worker-port=0",
    "--max-worker-port=0",
    "--dashboard-agent-listen-port=0",
    "--dashboard-agent-grpc-port=0",
    "--metrics-export-port=0",
    "--runtime-env-agent-port=0",
    "--object-manager-port=0",
    "--node-manager-port=0",
    "--disable-usage-stats",
    # It only copies workers' output to drivers, of which there are none.
    "--include-log-monitor=false",
]


def head_command(settings: Settings, folders: Folders, *, port: int, dashboard_port: int) -> list[str]:
    """How a head is started."""
    return [
        *_ray(),
        "start",
        "--head",
        f"--temp-dir={folders.ray_temp}",
        f"--port={port}",
        "--dashboard-host=127.0.0.1",
        f"--dashboard-port={dashboard_port}",
        # The autoscaler's process; machines here come and go by hand.
        "--no-monitor",
        *NODE_FLAGS,
        *_resources(settings),
    ]


def node_command(settings: Settings, folders: Folders, *, head: str) -> list[str]:
    """How a node joins the head at ``host:port``."""
    return [*_ray(), "start", f"--address={head}", f"--temp-dir={folders.ray_temp}", *NODE_FLAGS, *_resources(settings)]


def fingerprint(settings: Settings, *, joins: str | None) -> str:
    """Changes with everything that only a cold start can bring about."""
    described = {
        "joins": joins,
        "serve": settings.serve.model_dump(mode="json", include={"host", "port", "drain_s"}),
        "ray": settings.ray.model_dump(
            mode="json", exclude={"mode", "dashboard_url", "start_timeout_s", "load_timeout_s", "environment_timeout_s"}
        ),
        "token_path": str(settings.ray_token_path),
        "ray_dir": str(settings.ray_dir),
        "python": sys.executable,
        "ray_version": importlib.metadata.version("ray"),
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


def object_store_bytes(memory: int, shared_memory_free: int) -> int:
    """A tenth of the machine's memory, at most 2 GiB, and no more than ``/dev/shm`` can hold.

    Replicas pass small objects to each other, and models stay in their own memory.
    """
    return max(SMALLEST_STORE, min(memory // 10, LARGEST_DEFAULT_STORE, int(shared_memory_free * 0.9)))


def _ray() -> list[str]:
    script = Path(sys.executable).parent / "ray"
    if not script.is_file():
        raise Failed(
            f"There is no ray program beside {sys.executable}.",
            hint="Install aanad with its dependencies into the environment that runs it.",
            code="ray_missing",
        )
    return [str(script)]


def _resources(settings: Settings) -> list[str]:
    store = settings.ray.object_store_bytes
    if store is None:
        store = object_store_bytes(psutil.virtual_memory().total, psutil.disk_usage("/dev/shm").free)  # noqa: S108
    flags = [f"--object-store-memory={store}"]
    if settings.ray.num_cpus is not None:
        flags.append(f"--num-cpus={settings.ray.num_cpus}")
    if settings.ray.num_gpus is not None:
        flags.append(f"--num-gpus={settings.ray.num_gpus}")
    return flags
