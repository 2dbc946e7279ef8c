"""What is said of a GPU and of a node, by the room there is: pure functions that make cards."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from aana_tui.widgets.braille import sparkline
from aana_tui.widgets.card_list import Card, Line, Piece
from aanad.client import sanitise

if TYPE_CHECKING:
    from aana_tui.state.hardware_history import HardwareHistory
    from aana_tui.tones import Tone
    from aanad.wire.hardware import Gpu, Node

GIB = 1 << 30
HOT_C = 80
VERY_HOT_C = 88
STATES: dict[str, tuple[str, Tone]] = {
    "ok": ("●", "good"),
    "none": ("○", "dim"),
    "stale": ("◍", "warn"),
    "lost": ("✖", "bad"),
    "failed": ("✖", "bad"),
}
"""A sign and a tone for each `HardwareState`."""


class CardSize(IntEnum):
    """How many lines a GPU has."""

    ROW = 1
    COMPACT = 2
    FULL = 4


MIN_COMPACT_WIDTH = 66


def size_for(width: int, height: int, gpus: int, nodes: int) -> CardSize:
    """The largest cards with which all GPUs are seen at once.

    Args:
        width: in cells.
        height: in lines, of cards and of what stands below them.
        gpus: how many.
        nodes: how many have a line above their GPUs.
    """
    for size in (CardSize.FULL, CardSize.COMPACT):
        if width >= MIN_COMPACT_WIDTH and gpus * size + nodes <= height:
            return size
    return CardSize.ROW


def graph_width(width: int, size: CardSize) -> int:
    """How wide the graphs are in cards of this width."""
    match size:
        case CardSize.FULL:
            return max(8, min(60, width - 34))
        case CardSize.COMPACT:
            return max(8, min(40, width - 56))
        case CardSize.ROW:
            return max(4, min(16, (width - 52) // 3))


def gpu_card(gpu: Gpu, history: HardwareHistory, width: int, size: CardSize) -> Card:
    """One GPU."""
    wide = graph_width(width, size)
    sign, tone = STATES[gpu.state]
    dim = "" if gpu.state == "ok" else "dim"
    used = gpu.utilization_percent
    percent = Piece("–" if used is None else f"{used:.0f}%", 5, dim, right=True)
    load = _graph(history.values(gpu.node, gpu.index, "utilization_percent"), 100, wide, dim or "busy")
    memory = _graph(
        history.values(gpu.node, gpu.index, "memory_used_bytes"), gpu.memory_total_bytes or 0, wide, dim or "accent"
    )
    heat = Piece("–" if gpu.temperature_c is None else f"{gpu.temperature_c:.0f} °C", 7, dim or _heat(gpu), right=True)
    name = sanitise(gpu.name)
    said, said_tone = _said(gpu)
    match size:
        case CardSize.FULL:
            head = [Piece(f"{sign} gpu {gpu.index}", 10, tone), Piece(name, wide - 3, "dim"), heat, _power(gpu, 13)]
            lines = [
                (*head, Piece(f"  {_throttled(gpu)}", max(0, width - 28 - wide), "warn")),
                (Piece("  util", 7, "dim"), load, percent),
                (Piece("  mem", 7, "dim"), memory, _share(gpu, 5), Piece("  " + _of(gpu), 20, dim)),
                (Piece("", 2), Piece(said, width - 3, said_tone)),
            ]
        case CardSize.COMPACT:
            lines = [
                (
                    Piece(f"{sign} gpu {gpu.index}", 10, tone), Piece("util ", 5, "dim"), load, percent, Piece("", 9), heat,
                    _power(gpu, 12), Piece(f"  {_throttled(gpu)}", max(0, width - 49 - wide), "warn"),
                ),
                (
                    Piece("", 2), Piece(name, 8, "dim"), Piece("mem  ", 5, "dim"), memory, Piece(_of(gpu), 14, dim, right=True),
                    Piece("", 2), Piece(said, max(0, width - 32 - wide), said_tone),
                ),
            ]  # fmt: skip
        case CardSize.ROW:
            lines = [
                (
                    Piece(f"{sign} {gpu.index}", 5, tone), load, percent, Piece("", 1), memory, Piece(_of(gpu, ""), 9, dim, right=True),
                    heat, _power(gpu, 10), Piece("", 1), Piece("▼" if gpu.throttling else "", 2, "warn"),
                    Piece(said, max(0, width - 41 - 2 * wide), said_tone),
                ),
            ]  # fmt: skip
    return Card(f"gpu/{gpu.node}/{gpu.index}", tuple(lines))


def node_line(node: Node, history: HardwareHistory, width: int, size: CardSize) -> Card:
    """One node above its GPUs."""
    wide = max(4, min(16, graph_width(width, size) // 2))
    sign, tone = STATES[node.state]
    load = _graph(history.values(node.address, None, "cpu_percent"), 100, wide, "busy")
    memory = _graph(
        history.values(node.address, None, "memory_used_bytes"), node.memory_total_bytes or 0, wide, "accent"
    )
    rest = width - 2 * wide - 47
    name = Piece(f"{sign} {_node_name(node)}", 20 + max(0, rest), "strong" if node.state == "ok" else tone)
    if node.state != "ok":
        text = _sentence(node.state, node.reason, node.message, "")
        return Card(f"node/{node.address}", ((name, Piece("  ", 2), Piece(text, width - name.width - 3, tone)),))
    line: Line = (
        name, Piece(" cpu ", 5, "dim"), load, _percent(node.cpu_percent), Piece("  mem ", 6, "dim"), memory,
        Piece(_node_memory(node), 10, right=True),
    )  # fmt: skip
    return Card(f"node/{node.address}", (line,))


def node_card(node: Node, history: HardwareHistory, width: int) -> Card:
    """One node without a GPU: its CPUs and memory, and why there is no GPU."""
    wide = graph_width(width, CardSize.FULL)
    sign, tone = STATES[node.state]
    load = _graph(history.values(node.address, None, "cpu_percent"), 100, wide, "busy")
    memory = _graph(
        history.values(node.address, None, "memory_used_bytes"), node.memory_total_bytes or 0, wide, "accent"
    )
    said, said_tone = node_said(node)
    cpus = "" if node.cpus is None else f"{node.cpus} CPUs"
    lines: tuple[Line, ...] = (
        (Piece(f"{sign} {_node_name(node)}", 40, "strong" if node.state == "ok" else tone), Piece(cpus, 12, "dim")),
        (Piece("  cpu", 7, "dim"), load, _percent(node.cpu_percent)),
        (Piece("  mem", 7, "dim"), memory, Piece(_node_memory(node), 12, right=True)),
        (Piece("", 2), Piece(said, width - 3, said_tone)),
    )
    return Card(f"node/{node.address}", lines)


def node_said(node: Node) -> tuple[str, Tone]:
    """The sentence about a node that has no GPU to show."""
    if node.state != "ok":
        return _sentence(node.state, node.reason, node.message, node.hint), STATES[node.state][1]
    if node.gpu_state == "none" or node.gpu_state == "ok":
        text = sanitise(node.gpu_message) or "There is no GPU here, which is fine"
        return f"{text.rstrip('.')}: CPU and memory are shown.", "dim"
    return _sentence(f"GPUs {node.gpu_state}", node.gpu_reason, node.gpu_message, node.gpu_hint), "warn"


def trouble(gpu: Gpu) -> str:
    """All that is known of a GPU that is not well; nothing of one that is."""
    return "" if gpu.state == "ok" else _sentence(gpu.state, gpu.reason, gpu.message, gpu.hint)


def who(gpu: Gpu) -> str:
    """Who holds it or is on it, in a few words."""
    users = [(one.project, one.deployment) for one in gpu.holders]
    users += [(one.project or "", one.deployment or "") for one in gpu.processes if not one.is_foreign]
    names = [sanitise("/".join(part for part in user if part)) for user in dict.fromkeys(users)]
    foreign = sum(one.is_foreign for one in gpu.processes)
    if foreign:
        names.append(f"{foreign} foreign process{'es' if foreign > 1 else ''}")
    return ", ".join(name for name in names if name)


def amount(count: int | None) -> str:
    """Bytes, as a column says them."""
    return "–" if count is None else f"{count / GIB:.1f} GiB"


def _said(gpu: Gpu) -> tuple[str, Tone]:
    if gpu.state != "ok":
        return trouble(gpu), STATES[gpu.state][1]
    text = who(gpu)
    if not text:
        return "free", "dim"
    return text, "warn" if any(one.is_foreign for one in gpu.processes) else ""


def _sentence(state: str, reason: str, message: str, hint: str) -> str:
    text = f"{state}: {sanitise(message) or sanitise(reason)}"
    return f"{text} {sanitise(hint)}" if hint else text


def _graph(values: list[float | None], top: float, width: int, tone: str) -> Piece:
    return Piece(sparkline(values, top, width), width, tone)


def _heat(gpu: Gpu) -> str:
    heat = gpu.temperature_c or 0
    return "bad" if heat >= VERY_HOT_C else "warn" if heat >= HOT_C else ""


def _power(gpu: Gpu, width: int) -> Piece:
    used = "–" if gpu.power_w is None else f"{gpu.power_w:.0f}"
    limit = "" if gpu.power_limit_w is None else f"/{gpu.power_limit_w:.0f}"
    return Piece(f"{used}{limit} W", width, "" if gpu.state == "ok" else "dim", right=True)


def _share(gpu: Gpu, width: int) -> Piece:
    is_known = gpu.memory_used_bytes is not None and gpu.memory_total_bytes
    text = f"{100 * (gpu.memory_used_bytes or 0) / (gpu.memory_total_bytes or 1):.0f}%" if is_known else "–"
    return Piece(text, width, "" if gpu.state == "ok" else "dim", right=True)


def _of(gpu: Gpu, unit: str = " GiB") -> str:
    return _used(gpu.memory_used_bytes, gpu.memory_total_bytes, unit)


def _used(used: int | None, total: int | None, unit: str) -> str:
    parts = ["–" if count is None else f"{count / GIB:.0f}" for count in (used, total)]
    return "/".join(parts) + (unit or "G")


def _throttled(gpu: Gpu) -> str:
    return "▼ " + ", ".join(sanitise(reason) for reason in gpu.throttling) if gpu.throttling else ""


def _percent(value: float | None) -> Piece:
    return Piece("–" if value is None else f"{value:.0f}%", 5, right=True)


def _node_name(node: Node) -> str:
    name = sanitise(node.hostname) or sanitise(node.address)
    return name if node.hostname in {"", node.address} else f"{name} {sanitise(node.address)}"


def _node_memory(node: Node) -> str:
    return _used(node.memory_used_bytes, node.memory_total_bytes, " GiB")
