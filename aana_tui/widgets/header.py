"""The line at the top: where one is, how the link is, who one is, and what the box does."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from aana_tui.state.link_state import LinkPhase
from aana_tui.tones import style_of
from aana_tui.widgets.braille import sparkline
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aana_tui.places import Place
    from aana_tui.session import Session
    from aana_tui.state.store import Store

GAP = 2
MAX_GPU_CELLS = 16
"""Two GPUs a cell; more than that is for the view of GPUs."""
MIN_CRUMB = 4
HOT_C = 80
_LINK = {
    LinkPhase.CONNECTING: ("◌ connecting", "busy"),
    LinkPhase.LIVE: ("● live", "good"),
    LinkPhase.LOST: ("✖ lost", "bad"),
    LinkPhase.REFUSED: ("✖ refused", "bad"),
    LinkPhase.MISMATCH: ("✖ version", "bad"),
}


class Part(NamedTuple):
    """A harmless text and its tone."""

    text: str
    tone: str = ""


class Header(Widget):
    """Breadcrumbs to the left, the daemon to the right. Only what has changed is painted again."""

    def __init__(self) -> None:
        super().__init__(id="header")
        self._parts: list[Part] = []
        self._shown: tuple[object, ...] = ()

    def show(self, session: Session, place: Place) -> None:
        """Say it, where it differs from what stands there."""
        store, width = session.store, self.size.width
        now = (session.name, place, width, store.version("link", "daemon", "gpus", "nodes"))
        if now == self._shown or not width:
            return
        self._shown = now
        crumbs = [sanitise(part) for part in ["aana", session.name, *place.crumbs]]
        before, self._parts = (
            self._parts,
            header_line(crumbs, _link(store), _version(store), _role(store), _box(store), width),
        )
        self._refresh_difference(before)

    def render_line(self, y: int) -> Strip:
        """The one line."""
        style = self.rich_style
        segments = [Segment(part.text, style + style_of(part.tone)) for part in self._parts] if y == 0 else []
        return Strip(segments).adjust_cell_length(self.size.width, style)

    def _refresh_difference(self, before: Sequence[Part]) -> None:
        old = [(sign, part.tone) for part in before for sign in part.text]
        new = [(sign, part.tone) for part in self._parts for sign in part.text]
        if old == new:
            return
        first = _alike(old, new)
        same = _alike(old[:first:-1], new[:first:-1]) if len(old) == len(new) else 0
        left = cell_len("".join(sign for sign, _ in new[:first]))
        right = self.size.width - cell_len("".join(sign for sign, _ in new[len(new) - same :]))
        self.refresh(Region(left, 0, max(1, right - left), 1))


def header_line(
    crumbs: Sequence[str], link: Part, version: Part | None, role: Part | None, box: Sequence[Part], width: int
) -> list[Part]:
    """The line of so many cells: crumbs are cut first, then the version goes, then the box, then the role.

    Args:
        crumbs: from the outermost to the innermost.
        link: how the link is; it always stays.
        version: the daemon's.
        role: the user's.
        box: what the box does; the last ones go first.
        width: in cells.
    """
    least = cell_len(shortened(crumbs, 0))
    offers = [
        [part for part in (link, version, role, *box) if part is not None],
        *([part for part in (link, role, *box[:count]) if part is not None] for count in range(len(box), -1, -1)),
        [link],
    ]
    right = next((offer for offer in offers if _width(offer) + GAP + least <= width), [link])
    room = max(0, width - _width(right) - GAP)
    left = set_cell_size(shortened(crumbs, room), room)
    parts = [Part(left, "strong")]
    for part in right:
        parts += [Part(" " * GAP), part]
    return parts


def shortened(crumbs: Sequence[str], width: int) -> str:
    """Crumbs in so many cells where that is possible: those in the middle are left out, then long ones are cut."""
    for kept in (
        [*crumbs],
        *([crumbs[0], "…", *crumbs[-tail:]] for tail in range(len(crumbs) - 2, 0, -1)),
        ["…", crumbs[-1]],
    ):
        text = " ▸ ".join(kept)
        if cell_len(text) <= width:
            return text
    room = max(MIN_CRUMB, width - cell_len("… ▸ "))
    last = crumbs[-1]
    return "… ▸ " + (last if cell_len(last) <= room else set_cell_size(last, room - 1) + "…")


def _alike(one: Iterable[object], other: Iterable[object]) -> int:
    """How many are the same from the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _width(parts: Sequence[Part]) -> int:
    return sum(GAP + cell_len(part.text) for part in parts) - GAP


def _link(store: Store) -> Part:
    return Part(*_LINK[store.link.phase])


def _version(store: Store) -> Part | None:
    status = store.status()
    return Part(f"v{sanitise(status.version)}") if status is not None else None


def _role(store: Store) -> Part | None:
    return Part(str(store.access.role)) if store.access is not None else None


def _box(store: Store) -> list[Part]:
    """GPUs, two a cell; without one the CPUs and memory of the daemon's own machine."""
    tone = "" if store.link.is_live else "dim"
    if gpus := store.gpus():
        loads = [gpu.utilization_percent for gpu in gpus if gpu.state == "ok" and gpu.utilization_percent is not None]
        cells = min(MAX_GPU_CELLS, (len(gpus) + 1) // 2)
        shown = [gpu.utilization_percent if gpu.state == "ok" else None for gpu in gpus[: 2 * cells]]
        strip = sparkline([*shown, *([None] * (len(shown) % 2))], 100, cells)
        mean = f" {sum(loads) / len(loads):3.0f}%" if loads else ""
        parts = [Part(f"GPU {strip}{mean}", tone)]
        if ill := sum(gpu.state in {"lost", "failed"} for gpu in gpus):
            parts.append(Part(f"✖ {ill}", "bad"))
        heats = [gpu.temperature_c for gpu in gpus if gpu.temperature_c is not None]
        if heats:
            parts.append(Part(f"{max(heats):.0f} °C", "warn" if max(heats) >= HOT_C else tone))
        return parts
    node = next(iter(store.nodes()), None)
    if node is None or node.cpu_percent is None:
        return []
    parts = [Part(f"CPU {node.cpu_percent:3.0f}%", tone)]
    if node.memory_used_bytes is not None and node.memory_total_bytes:
        parts.append(Part(f"MEM {100 * node.memory_used_bytes / node.memory_total_bytes:3.0f}%", tone))
    return parts
