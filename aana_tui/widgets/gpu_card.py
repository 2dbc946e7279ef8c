"""What is said of a GPU and of a node, by the room there is: pure functions that make cards."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from rich.cells import cell_len

from aana_tui.widgets.braille import graph
from aana_tui.widgets.card_list import Card, Line, Piece
from aanad.client import sanitise

if TYPE_CHECKING:
    from aana_tui.state.hardware_history import HardwareHistory
    from aana_tui.tones import Tone
    from aanad.wire.hardware import Gpu, Node

GIB = 1 << 30
NOTHING = "\u2013"
"""Stands where a number is not known."""
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
    TALL = 8
    """As full ones, with graphs of three lines."""


MIN_COMPACT_WIDTH = 66


def size_for(width: int, height: int, gpus: int, nodes: int) -> CardSize:
    """The largest cards with which all GPUs are seen at once.

    Args:
        width: in cells.
        height: in lines, of cards and of what stands below them.
        gpus: how many.
        nodes: how many have a line above their GPUs.
    """
    for size in (CardSize.TALL, CardSize.FULL, CardSize.COMPACT):
        if width >= MIN_COMPACT_WIDTH and gpus * size + nodes <= height:
            return size
    return CardSize.ROW


def graph_width(width: int, size: CardSize) -> int:
    """How wide the graphs are in cards of this width."""
    match size:
        case CardSize.FULL | CardSize.TALL:
            return max(8, min(60, width - 34))
        case CardSize.COMPACT:
            return max(8, min(40, width - 60))
        case CardSize.ROW:
            return max(4, min(16, (width - 52) // 3))


def node_graph_width(width: int, size: CardSize, *, is_line: bool) -> int:
    """How wide a node's graphs are, on a line above its GPUs or on a card."""
    return max(4, min(16, (width - 54) // 2)) if is_line else graph_width(width, size)


def gpu_card(gpu: Gpu, history: HardwareHistory, width: int, size: CardSize) -> Card:
    """One GPU."""
    match size:
        case CardSize.FULL | CardSize.TALL:
            lines = _full(gpu, history, width, size)
        case CardSize.COMPACT:
            lines = _compact(gpu, history, width)
        case CardSize.ROW:
            lines = (_row(gpu, history, width),)
    return Card(f"gpu/{gpu.node}/{gpu.index}", lines)


def _full(gpu: Gpu, history: HardwareHistory, width: int, size: CardSize) -> tuple[Line, ...]:
    wide, high = graph_width(width, size), (size - 2) // 2
    sign, tone = STATES[gpu.state]
    load, memory = _graphs(gpu, history, wide, high)
    head: Line = (
        Piece(f"{sign} gpu {gpu.index}", 10, tone), Piece(sanitise(gpu.name), wide - 3, "dim"), _heat(gpu),
        _power(gpu, 13), Piece(f"  {_throttled(gpu)}", max(0, width - 28 - wide), "warn"),
    )  # fmt: skip
    loads = _beside(Piece("  util", 7, "dim"), load, (_load(gpu),))
    memories = _beside(Piece("  mem", 7, "dim"), memory, (_share(gpu), Piece("  " + _of(gpu), 20, _dim(gpu))))
    return (head, *loads, *memories, (Piece("", 2), _said(gpu, width - 3)))


def _compact(gpu: Gpu, history: HardwareHistory, width: int) -> tuple[Line, ...]:
    wide = graph_width(width, CardSize.COMPACT)
    sign, tone = STATES[gpu.state]
    (load,), (memory,) = _graphs(gpu, history, wide, 1)
    return (
        (
            Piece(f"{sign} gpu {gpu.index}", 10, tone), Piece("util ", 5, "dim"), load, _load(gpu), Piece("", 7),
            _heat(gpu), _power(gpu, 12), Piece(f"  {_throttled(gpu)}", max(0, width - 47 - wide), "warn"),
        ),
        (
            Piece("", 2), Piece(_model(gpu), 8, "dim"), Piece("mem  ", 5, "dim"), memory,
            Piece(_of(gpu), 12, _dim(gpu), right=True), Piece("", 2), _said(gpu, width - 30 - wide),
        ),
    )  # fmt: skip


def _row(gpu: Gpu, history: HardwareHistory, width: int) -> Line:
    wide = graph_width(width, CardSize.ROW)
    sign, tone = STATES[gpu.state]
    (load,), (memory,) = _graphs(gpu, history, wide, 1)
    return (
        Piece(f"{sign} {gpu.index}", 5, tone), load, _load(gpu), Piece("", 1), memory,
        Piece(_of(gpu, "G"), 8, _dim(gpu), right=True), _heat(gpu), _power(gpu, 10), Piece("", 1),
        Piece("▼" if gpu.throttling else "", 2, "warn"), _said(gpu, width - 40 - 2 * wide),
    )  # fmt: skip


def node_line(node: Node, history: HardwareHistory, width: int, size: CardSize) -> Card:
    """One node above its GPUs."""
    sign, tone = STATES[node.state]
    wide = node_graph_width(width, size, is_line=True)
    name = Piece(f"{sign} {_node_name(node)}", max(12, width - 2 * wide - 29), "strong" if node.state == "ok" else tone)
    if node.state != "ok":
        text, _ = node_said(node)
        return Card(f"node/{node.address}", ((name, Piece(text, max(0, width - name.width - 1), tone)),))
    (load,), (memory,) = _node_graphs(node, history, wide, 1)
    line: Line = (
        name, Piece(" cpu ", 5, "dim"), load, _percent(node.cpu_percent), Piece(" mem ", 5, "dim"), memory,
        Piece(_node_memory(node), 13, right=True),
    )  # fmt: skip
    return Card(f"node/{node.address}", (line,))


def node_card(node: Node, history: HardwareHistory, width: int, size: CardSize) -> Card:
    """One node of a cluster without GPUs: its CPUs and memory, and why no GPU is shown."""
    wide, high = node_graph_width(width, size, is_line=False), max(1, (size - 2) // 2)
    sign, tone = STATES[node.state]
    load, memory = _node_graphs(node, history, wide, high)
    text, text_tone = node_said(node)
    cpus = "" if node.cpus is None else f"{node.cpus} CPUs"
    head: Line = (
        Piece(f"{sign} {_node_name(node)}", wide + 7, "strong" if node.state == "ok" else tone),
        Piece(cpus, 12, "dim", right=True),
    )
    loads = _beside(Piece("  cpu", 7, "dim"), load, (_percent(node.cpu_percent),))
    memories = _beside(Piece("  mem", 7, "dim"), memory, (Piece(_node_memory(node), 13, right=True),))
    said: Line = (Piece("", 2), Piece(text, max(0, width - 3), text_tone))
    return Card(f"node/{node.address}", (head, *loads, *memories, said))


def node_said(node: Node) -> tuple[str, Tone]:
    """The sentence about a node that has no GPU to show."""
    if node.state != "ok":
        return _sentence(node.state, node.reason, node.message, node.hint), STATES[node.state][1]
    if node.gpu_state in {"none", "ok"}:
        text = sanitise(node.gpu_message) or "There is no GPU here, which is fine"
        return f"{text.rstrip('.')}: CPU and memory are shown.", "dim"
    return _sentence(f"GPUs {node.gpu_state}", node.gpu_reason, node.gpu_message, node.gpu_hint), "warn"


def trouble(gpu: Gpu) -> str:
    """All that is known of a GPU that is not well; nothing of one that is."""
    return "" if gpu.state == "ok" else _sentence(gpu.state, gpu.reason, gpu.message, gpu.hint)


def who(gpu: Gpu, width: int) -> str:
    """Who holds it or is on it, in so many cells: strangers first, and how many more there are."""
    users = [one.project for one in gpu.holders] + [one.project or "" for one in gpu.processes if not one.is_foreign]
    names = [sanitise(user) for user in dict.fromkeys(users) if user]
    foreign = sum(one.is_foreign for one in gpu.processes)
    if foreign:
        names.insert(0, f"{foreign} foreign process{'es' if foreign > 1 else ''}")
    shown = len(names)
    while shown > 1 and cell_len(_some(names, shown)) > width:
        shown -= 1
    return _some(names, shown)


def _some(names: list[str], shown: int) -> str:
    more = f" +{len(names) - shown}" if shown < len(names) else ""
    return ", ".join(names[:shown]) + more


def amount(count: int | None) -> str:
    """Bytes, as a column says them."""
    return NOTHING if count is None else f"{count / GIB:.1f} GiB"


def _said(gpu: Gpu, width: int) -> Piece:
    width = max(0, width)
    if gpu.state != "ok":
        return Piece(trouble(gpu), width, STATES[gpu.state][1])
    text = who(gpu, width)
    if not text:
        return Piece("free", width, "dim")
    return Piece(text, width, "warn" if any(one.is_foreign for one in gpu.processes) else "")


def _sentence(state: str, reason: str, message: str, hint: str) -> str:
    text = f"{state}: {sanitise(message) or sanitise(reason)}"
    return f"{text} {sanitise(hint)}" if hint else text


def _graphs(gpu: Gpu, history: HardwareHistory, width: int, height: int) -> tuple[list[Piece], list[Piece]]:
    load = graph(history.values(gpu.node, gpu.index, "utilization_percent"), 100, width, height)
    used = history.values(gpu.node, gpu.index, "memory_used_bytes")
    memory = graph(used, gpu.memory_total_bytes or 0, width, height)
    return _pieces(load, width, _dim(gpu) or "busy"), _pieces(memory, width, _dim(gpu) or "accent")


def _node_graphs(node: Node, history: HardwareHistory, width: int, height: int) -> tuple[list[Piece], list[Piece]]:
    load = graph(history.values(node.address, None, "cpu_percent"), 100, width, height)
    used = history.values(node.address, None, "memory_used_bytes")
    memory = graph(used, node.memory_total_bytes or 0, width, height)
    return _pieces(load, width, "busy"), _pieces(memory, width, "accent")


def _pieces(lines: list[str], width: int, tone: str) -> list[Piece]:
    return [Piece(line, width, tone) for line in lines]


def _beside(title: Piece, lines: list[Piece], said: Line) -> list[Line]:
    """A graph's lines: its title beside the first, its numbers beside the last."""
    blank = Piece("", title.width)
    last = len(lines) - 1
    return [(blank if at else title, line, *(said if at == last else ())) for at, line in enumerate(lines)]


def _dim(gpu: Gpu) -> str:
    return "" if gpu.state == "ok" else "dim"


def _load(gpu: Gpu) -> Piece:
    text = NOTHING if gpu.utilization_percent is None else f"{gpu.utilization_percent:.0f}%"
    return Piece(text, 5, _dim(gpu), right=True)


def _heat(gpu: Gpu) -> Piece:
    heat = gpu.temperature_c
    tone = "bad" if (heat or 0) >= VERY_HOT_C else "warn" if (heat or 0) >= HOT_C else ""
    return Piece(NOTHING if heat is None else f"{heat:.0f} °C", 7, _dim(gpu) or tone, right=True)


def _model(gpu: Gpu) -> str:
    """What tells its kind, without the vendor."""
    return " ".join(
        word for word in sanitise(gpu.name).split() if word not in {"NVIDIA", "GeForce", "Tesla"}
    ).partition(" ")[0]


def _power(gpu: Gpu, width: int) -> Piece:
    used = NOTHING if gpu.power_w is None else f"{gpu.power_w:.0f}"
    limit = "" if gpu.power_limit_w is None else f"/{gpu.power_limit_w:.0f}"
    return Piece(f"{used}{limit} W", width, _dim(gpu), right=True)


def _share(gpu: Gpu) -> Piece:
    is_known = gpu.memory_used_bytes is not None and gpu.memory_total_bytes
    text = f"{100 * (gpu.memory_used_bytes or 0) / (gpu.memory_total_bytes or 1):.0f}%" if is_known else NOTHING
    return Piece(text, 5, _dim(gpu), right=True)


def _of(gpu: Gpu, unit: str = " GiB") -> str:
    return _used(gpu.memory_used_bytes, gpu.memory_total_bytes, unit)


def _used(used: int | None, total: int | None, unit: str) -> str:
    parts = [NOTHING if count is None else f"{count / GIB:.0f}" for count in (used, total)]
    return "/".join(parts) + unit


def _throttled(gpu: Gpu) -> str:
    return "▼ " + ", ".join(sanitise(reason) for reason in gpu.throttling) if gpu.throttling else ""


def _percent(value: float | None) -> Piece:
    return Piece(NOTHING if value is None else f"{value:.0f}%", 5, right=True)


def _node_name(node: Node) -> str:
    name = sanitise(node.hostname) or sanitise(node.address)
    return name if node.hostname in {"", node.address} else f"{name} {sanitise(node.address)}"


def _node_memory(node: Node) -> str:
    return _used(node.memory_used_bytes, node.memory_total_bytes, " GiB")
