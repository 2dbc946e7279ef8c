"""GPUs: what they do, who uses them and who holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aanad.cli.following import Table, follow_options, show_table
from aanad.cli.history_table import HISTORY_WIDTH, history_option, show_history
from aanad.cli.session import Session, pass_session, session_options
from aanad.cli.tables import percent, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aanad.client import Client
    from aanad.wire.hardware import Gpu, Node

GIB = 1024**3


@click.command()
@follow_options
@history_option
@session_options
@pass_session
def gpus(session: Session, delay_s: float, *, follow: bool, shows_history: bool) -> None:
    """List the GPUs with their use, and the replicas and other processes on them.

    \b
    WHO names each replica that holds a GPU, also while it idles (with its share, where that is less
    than the whole), and each process that is none of a replica's by its pid and name.
    """
    with session.client() as client:
        if shows_history:
            show_history(session, client.gpu_history(width=HISTORY_WIDTH), empty="Nothing was measured of any GPU.")
            return
        _show(session, client, follow=follow, delay_s=delay_s)


def _show(session: Session, client: Client, *, follow: bool, delay_s: float) -> None:
    why_none = ""

    def read() -> list[Gpu]:
        nonlocal why_none
        listed = client.gpus()
        if not listed and not session.is_json:
            why_none = _none(client.nodes())
        return listed

    table = Table(
        ["GPU", "NAME", "NODE", "STATE", "UTIL", "MEMORY", "TEMP", "POWER", "WHO", "REASON", "MESSAGE"],
        _row,
        empty=lambda: why_none,
    )
    show_table(session, read, table, follow=follow, delay_s=delay_s)


def _row(gpu: Gpu) -> list[str]:
    return [
        str(gpu.index),
        gpu.name or "-",
        gpu.node,
        gpu.state,
        percent(gpu.utilization_percent),
        _memory(gpu),
        "-" if gpu.temperature_c is None else f"{gpu.temperature_c:.0f} °C",
        _power(gpu),
        ", ".join(_users(gpu)) or "-",
        ",".join([*([gpu.reason] if gpu.reason != "ok" else []), *gpu.throttling]) or "ok",
        f"{gpu.message} {gpu.hint}".strip(),
    ]


def _users(gpu: Gpu) -> list[str]:
    """Holders first; then replicas that use it without holding it, and whoever else is on it."""
    who = {
        holder.replica: f"{holder.project}/{holder.deployment}#{holder.replica[-8:]}"
        + (f" ({holder.share:g})" if holder.share < 1 else "")
        for holder in gpu.holders
    }
    for process in gpu.processes:
        if process.replica is not None:
            who.setdefault(process.replica, f"{process.project}/{process.deployment}#{process.replica[-8:]}")
    return [*who.values(), *(f"{each.pid} {each.name or '?'}" for each in gpu.processes if each.is_foreign)]


def _memory(gpu: Gpu) -> str:
    if gpu.memory_total_bytes is None:
        return size(gpu.memory_used_bytes)
    used = "-" if gpu.memory_used_bytes is None else f"{gpu.memory_used_bytes / GIB:.1f}"
    return f"{used}/{gpu.memory_total_bytes / GIB:.1f} GiB"


def _power(gpu: Gpu) -> str:
    if gpu.power_w is None:
        return "-"
    return f"{gpu.power_w:.0f} W" if gpu.power_limit_w is None else f"{gpu.power_w:.0f}/{gpu.power_limit_w:.0f} W"


def _none(nodes: Sequence[Node]) -> str:
    """Why there is no GPU, and what there is instead."""
    told = " ".join(f"{node.gpu_message} {node.gpu_hint}".strip() for node in nodes if node.gpu_message)
    there = "; ".join(
        f"{node.hostname}: {percent(node.cpu_percent)} of {node.cpus or '?'} CPUs, "
        f"{size(node.memory_used_bytes)} of {size(node.memory_total_bytes)} memory"
        for node in nodes
    )
    return f"No GPU. {told} `aana nodes` shows CPUs and memory ({there})."
