"""Nodes: the machines of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.following import Table, follow_options, show_table
from aanad.cli.history_table import HISTORY_WIDTH, history_option, show_history
from aanad.cli.session import Session, pass_session, session_options
from aanad.cli.tables import percent

if TYPE_CHECKING:
    from aanad.wire.hardware import Node

GIB = 1024**3


@click.command()
@follow_options
@history_option
@session_options
@pass_session
def nodes(session: Session, delay_s: float, *, follow: bool, shows_history: bool) -> None:
    """List the machines of the cluster: CPUs, memory, GPUs, and how much of them replicas asked for.

    \b
    HELD is what replicas asked for, of what Ray may hand out; CPUS and MEMORY are what is in use now,
    by whomever.
    """
    with session.client() as client:
        if shows_history:
            show_history(session, client.node_history(width=HISTORY_WIDTH), empty="Nothing was measured yet.")
            return
        show_table(session, client.nodes, _TABLE, follow=follow, delay_s=delay_s)


def _row(node: Node) -> list[str]:
    return [
        f"{node.address}{' (head)' if node.is_head else ''}",
        node.hostname,
        node.state,
        percent(node.cpu_percent),
        str(node.cpus or "-"),
        _memory(node),
        str(node.gpus),
        _held(node),
        _reason(node),
        _message(node),
    ]


_TABLE = Table(
    ["NODE", "HOSTNAME", "STATE", "CPU", "CPUS", "MEMORY", "GPUS", "HELD", "REASON", "MESSAGE"],
    _row,
    empty="No nodes: Ray is not up, and this machine is no part of a cluster.",
)


def _memory(node: Node) -> str:
    if node.memory_total_bytes is None or node.memory_used_bytes is None:
        return "-"
    return f"{node.memory_used_bytes / GIB:.1f}/{node.memory_total_bytes / GIB:.1f} GiB"


def _held(node: Node) -> str:
    told = []
    for name in ("CPU", "GPU", *sorted(set(node.resources_total) - {"CPU", "GPU"})):
        total, held = node.resources_total.get(name), node.resources_held.get(name, 0.0)
        if total is None or (name not in {"CPU", "GPU"} and not held):
            continue
        shown = f"{held / GIB:.1f}/{total / GIB:.1f} GiB" if name == "memory" else f"{held:g}/{total:g}"
        told.append(f"{name} {shown}")
    return ", ".join(told) or "-"


def _reason(node: Node) -> str:
    """The node's own; where it is well, that of GPUs that cannot be measured."""
    return node.reason if node.state != "ok" or node.gpu_state in {"ok", "none"} else node.gpu_reason


def _message(node: Node) -> str:
    if node.state != "ok":
        return f"{node.message} {node.hint}".strip()
    return f"{node.gpu_message} {node.gpu_hint}".strip() if node.gpu_state not in {"ok", "none"} else ""
