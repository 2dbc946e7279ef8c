"""A list of cards of one or more lines that is told all its cards again and again, and repaints only what differs."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aana_tui.tones import style_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Resize


class Piece(NamedTuple):
    """A harmless text (see `aanad.client.sanitise`) in a room of its own; what does not fit is cut with an ellipsis."""

    text: str
    width: int
    tone: str = ""
    right: bool = False

    @property
    def fitted(self) -> str:
        """The text, as wide as its room."""
        length = cell_len(self.text)
        if length > self.width:
            return set_cell_size(self.text, self.width - 1) + "…" if self.width > 0 else ""
        blanks = " " * (self.width - length)
        return blanks + self.text if self.right else self.text + blanks


Line = tuple[Piece, ...]
"""Pieces side by side."""


class Card(NamedTuple):
    """Some lines; `key` says what they are about, whatever they say now."""

    key: str
    lines: tuple[Line, ...]


class CardList(ScrollView, can_focus=True):
    """Cards below each other, with a cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"card-list--cursor"}

    class Highlighted(Message):
        """The cursor is on another card; `key` is None where there is none."""

        def __init__(self, cards: CardList, key: str | None) -> None:
            super().__init__()
            self.cards = cards
            self.key = key

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.empty = empty
        self.cards: list[Card] = []
        self._tops: list[int] = [0]
        """The line that each card begins at, and the one after the last."""
        self._cursor = 0

    def apply(self, cards: Sequence[Card]) -> None:
        """Show these cards; the cursor stays on the card it is on, by its key."""
        before, self.cards = self.cards, list(cards)
        key = before[self._cursor].key if self._cursor < len(before) else None
        keys = {card.key: index for index, card in enumerate(self.cards)}
        self._cursor = keys.get(key, min(self._cursor, max(0, len(self.cards) - 1))) if key else 0
        tops = list(accumulate((len(card.lines) for card in self.cards), initial=0))
        if tops != self._tops:
            self._tops = tops
            self.virtual_size = Size(self.size.width, tops[-1])
            self.refresh()
        else:
            for index, (old, new) in enumerate(zip(before, self.cards, strict=True)):
                self._refresh_changes(tops[index], old, new)
        if key != self.cursor_key:
            self.post_message(self.Highlighted(self, self.cursor_key))

    @property
    def cursor_key(self) -> str | None:
        """The key of the card under the cursor."""
        return self.cards[self._cursor].key if self._cursor < len(self.cards) else None

    def move_to(self, index: int) -> None:
        """Put the cursor on a card; it is brought into sight."""
        before, self._cursor = self._cursor, max(0, min(index, len(self.cards) - 1))
        if before == self._cursor:
            return
        self._refresh_cursor(before)
        self._refresh_cursor(self._cursor)
        top, below = self._tops[self._cursor], self._tops[self._cursor + 1]
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif below > self.scroll_offset.y + self.size.height:
            self.scroll_to(y=below - self.size.height, animate=False)
        self.post_message(self.Highlighted(self, self.cursor_key))

    def move_to_key(self, key: str) -> None:
        """Put the cursor on the card of this key, where it is shown."""
        for index, card in enumerate(self.cards):
            if card.key == key:
                self.move_to(index)

    # Actions of `Scope.TABLES`

    def do_down(self) -> None:
        """A card down."""
        self.move_to(self._cursor + 1)

    def do_up(self) -> None:
        """A card up."""
        self.move_to(self._cursor - 1)

    def do_top(self) -> None:
        """To the first card."""
        self.move_to(0)

    def do_bottom(self) -> None:
        """To the last card."""
        self.move_to(len(self.cards) - 1)

    def do_page_down(self) -> None:
        """A page down."""
        self.move_to(max(self._cursor + 1, self._card_at(self._tops[self._cursor] + self.size.height)))

    def do_page_up(self) -> None:
        """A page up."""
        self.move_to(min(self._cursor - 1, self._card_at(self._tops[self._cursor] - self.size.height)))

    # Painting

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width, line = self.size.width, y + self.scroll_offset.y
        if line >= self._tops[-1]:
            text = self.empty if not self.cards and y == 0 else ""
            return Strip([Segment(set_cell_size(text, width), self.rich_style)], width)
        index = self._card_at(line)
        offset = line - self._tops[index]
        style = self.rich_style
        is_cursor = index == self._cursor and offset == 0
        if is_cursor and self.has_focus:
            style = self.get_component_rich_style("card-list--cursor")
        segments = [Segment("▸" if is_cursor else " ", style)]
        segments += [Segment(piece.fitted, style + style_of(piece.tone)) for piece in self.cards[index].lines[offset]]
        return Strip(segments).adjust_cell_length(width, style)

    def on_resize(self, event: Resize) -> None:
        """The room has changed."""
        self.virtual_size = Size(event.size.width, self._tops[-1])

    def on_focus(self) -> None:
        """The cursor is seen."""
        self._refresh_cursor(self._cursor)

    def on_blur(self) -> None:
        """It is not."""
        self._refresh_cursor(self._cursor)

    def _card_at(self, line: int) -> int:
        return max(0, min(bisect_right(self._tops, line) - 1, len(self.cards) - 1))

    def _refresh_cursor(self, index: int) -> None:
        if index < len(self.cards):
            self._refresh_part(self._tops[index], 0, self.size.width)

    def _refresh_changes(self, top: int, old: Card, new: Card) -> None:
        if old.key != new.key:
            for offset in range(len(new.lines)):
                self._refresh_part(top + offset, 0, self.size.width)
            return
        for offset, (was, now) in enumerate(zip(old.lines, new.lines, strict=True)):
            if was == now:
                continue
            if [piece.width for piece in was] != [piece.width for piece in now]:
                self._refresh_part(top + offset, 0, self.size.width)
                continue
            x = 1
            for before, after in zip(was, now, strict=True):
                if before != after:
                    self._refresh_part(top + offset, x, after.width)
                x += after.width

    def _refresh_part(self, line: int, x: int, width: int) -> None:
        y = line - self.scroll_offset.y
        if 0 <= y < self.size.height:
            self.refresh(Region(x, y, width, 1))
