"""The line at the top: where one is, how the link is, who one is, and what the box does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from aana_tui.state.link_state import LinkPhase
from aana_tui.tones import style_of
from aanad.client import sanitise

if TYPE_CHECKING:
    from aana_tui.places import Place
    from aana_tui.session import Session

_LINK = {
    LinkPhase.CONNECTING: ("◌ connecting", "busy"),
    LinkPhase.LIVE: ("● live", "good"),
    LinkPhase.LOST: ("✖ lost", "bad"),
    LinkPhase.REFUSED: ("✖ refused", "bad"),
    LinkPhase.MISMATCH: ("✖ version", "bad"),
}


class Header(Static):
    """Breadcrumbs to the left, the daemon to the right."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="header")
        self._shown = Text()

    def show(self, session: Session, place: Place) -> None:
        """Say it, where it differs from what stands there."""
        crumbs = " ▸ ".join(sanitise(part) for part in ["aana", session.name, *place.crumbs])
        sign, tone = _LINK[session.store.link.phase]
        right = Text(sign, style=style_of(tone))
        access, status = session.store.access, session.store.status()
        if status is not None:
            right.append(f"  v{sanitise(status.version)}")
        if access is not None:
            right.append(f"  {access.role}")
        line = Text(crumbs, style=style_of("strong"), no_wrap=True, overflow="ellipsis")
        line.pad_right(max(1, self.size.width - line.cell_len - right.cell_len))
        line.append_text(right)
        if line != self._shown or line.spans != self._shown.spans:
            self._shown = line
            self.update(line)
