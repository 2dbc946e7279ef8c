"""What tables show of a replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.cli.tables import age, size

if TYPE_CHECKING:
    from aanad.wire.projects import Replica


def replica_cells(replica: Replica) -> list[str]:
    """Id, project, deployment, phase, node, pid, GPUs, GPU memory, RSS, restarts, age."""
    return [
        replica.id,
        replica.project,
        replica.deployment,
        replica.phase,
        replica.node,
        str(replica.pid or "-"),
        ",".join(map(str, replica.gpus)) or "-",
        size(replica.gpu_memory_bytes),
        size(replica.rss_bytes),
        str(replica.restarts),
        age(replica.started_at),
    ]
