"""The fields of a form as rows with a cursor; only rows that differ are painted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aana_tui.state.request_form import State
from aana_tui.state.schema_fields import Kind
from aana_tui.tones import style_of
from aana_tui.widgets.form.field_rows import FieldRow, fault_text, label, rows, value_text

if TYPE_CHECKING:
    from aana_tui.state.request_form import Entry, RequestForm

MIN_LABEL, MAX_LABEL = 8, 28


class FieldList(ScrollView, can_focus=True):
    """Rows of fields. What is typed is typed elsewhere: `Edit` asks for it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"field-list--cursor"}

    class Moved(Message):
        """The cursor is on another field, or the field says something else."""

    class Edit(Message):
        """Something is to be typed into the field under the cursor, or an item's name is."""

    class Changed(Message):
        """A field was changed."""

    def __init__(self) -> None:
        super().__init__(id="fields")
        self.form: RequestForm | None = None
        self.rows: list[FieldRow] = []
        self.is_checked = False
        """Whether it was tried to send, so that what is missing is said."""
        self._painted: list[tuple[str, str, str, str]] = []
        self._cursor = 0
        self._label_width = MIN_LABEL

    # What it shows

    def show(self, form: RequestForm) -> None:
        """Show another form."""
        self.form = form
        self.is_checked = False
        self._cursor = 0
        self.scroll_to(y=0, animate=False)
        self.update()

    def update(self) -> None:
        """Show what the fields say now."""
        if self.form is None:
            return
        before_row = self.row
        self.rows = rows(self.form.root)
        if before_row is not None:
            at = [index for index, row in enumerate(self.rows) if row.entry is before_row.entry]
            self._cursor = at[0] if at else max(0, min(self._cursor, len(self.rows) - 1))
        width = max([MIN_LABEL, *(cell_len(label(row)) for row in self.rows)])
        painted = [(label(row), *value_text(row), fault_text(row, is_checked=self.is_checked)) for row in self.rows]
        before, self._painted = self._painted, painted
        if len(before) != len(painted) or self._label_width != min(width, MAX_LABEL):
            self._label_width = min(width, MAX_LABEL)
            self.virtual_size = Size(self.size.width, len(self.rows))
            self.refresh()
        else:
            for index, (old, new) in enumerate(zip(before, painted, strict=True)):
                if old != new:
                    self._refresh_row(index)
        self.post_message(self.Moved())

    @property
    def row(self) -> FieldRow | None:
        """The field under the cursor."""
        return self.rows[self._cursor] if self._cursor < len(self.rows) else None

    def move_to(self, index: int) -> None:
        """Put the cursor on a field."""
        if not self.rows:
            return
        before, self._cursor = self._cursor, max(0, min(index, len(self.rows) - 1))
        top, room = int(self.scroll_offset.y), max(1, self.size.height)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, immediate=True)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False, immediate=True)
        self._refresh_row(before)
        self._refresh_row(self._cursor)
        self.post_message(self.Moved())

    def move_to_entry(self, entry: Entry) -> None:
        """Put the cursor on this field."""
        for index, row in enumerate(self.rows):
            if entry in {row.entry, row.inner}:
                self.move_to(index)

    def move_to_fault(self) -> None:
        """Put the cursor on the first field that something is wrong with."""
        for index, (*_, fault) in enumerate(self._painted):
            if fault:
                self.move_to(index)
                return

    def step(self, by: int) -> bool:
        """Go to the next field or the one before; False where there is none."""
        at = self._cursor + by
        if not 0 <= at < len(self.rows):
            return False
        self.move_to(at)
        return True

    @property
    def editor_place(self) -> tuple[int, int, int]:
        """Where the value of the field under the cursor is: column, line, width."""
        x = self._value_at
        return x, self._cursor - int(self.scroll_offset.y), max(4, self.size.width - x)

    @property
    def _value_at(self) -> int:
        return 2 + self._label_width + 2

    # Actions of `Scope.TABLES` and `Scope.REQUESTS`

    def do_down(self) -> None:
        """To the next field."""
        self.step(1)

    def do_up(self) -> None:
        """To the field before."""
        self.step(-1)

    def do_top(self) -> None:
        """To the first field."""
        self.move_to(0)

    def do_bottom(self) -> None:
        """To the last field."""
        self.move_to(len(self.rows) - 1)

    def do_page_down(self) -> None:
        """A page down."""
        self.move_to(self._cursor + max(1, self.size.height - 1))

    def do_page_up(self) -> None:
        """A page up."""
        self.move_to(self._cursor - max(1, self.size.height - 1))

    def do_open(self) -> None:
        """Fill the field in: type, choose, or add an item."""
        if self.row is None:
            return
        entry, inner = self.row.entry, self.row.inner
        if entry.state is not State.GIVEN and not entry.is_leaf:
            entry.give()
            self._changed()
            if self.row is not None and not self.row.inner.is_leaf:
                return
            inner = self.row.inner
        if inner.state is not State.GIVEN and not inner.is_leaf:
            inner.give()
            self._changed()
        elif inner.kind is Kind.CHOICE:
            inner.choose(inner.choice + 1)
            self._changed()
        elif inner.grows:
            self.do_add()
        elif inner.is_leaf:
            self.post_message(self.Edit())

    def do_right(self) -> None:
        """The next choice or option."""
        self._choose(1)

    def do_left(self) -> None:
        """The choice or option before."""
        self._choose(-1)

    do_mark = do_right  # as a list of choices is gone through by space elsewhere

    def do_add(self) -> None:
        """A further item of the list that the cursor is in, after all others."""
        row = self.row
        if row is None:
            return
        owner = row.inner if row.inner.grows else row.parent
        if owner is None or not owner.grows:
            self.app.notify("This field is no list, and nothing in one: there is nothing to add to.")
            return
        if owner.state is not State.GIVEN:
            for one in (row.entry, owner):
                one.give()
        if owner.kind is Kind.MAP:
            self.move_to_entry(owner)
            self.post_message(self.Edit())
            return
        child = owner.add()
        self._changed()
        self.move_to_entry(child)
        if child.is_leaf:
            self.post_message(self.Edit())
        elif child.children:
            self.step(1)

    def do_remove(self) -> None:
        """Take the item away; leave a field out."""
        row = self.row
        if row is None:
            return
        if row.parent is not None and (row.parent.grows or not row.entry.is_known):
            row.parent.remove(row.entry)
        elif row.entry.state is not State.GIVEN:
            self.app.notify("Nothing is given in this field.")
            return
        else:
            row.entry.leave_out()
        self._changed()

    def do_null(self) -> None:
        """Send null; an empty text where no null is taken."""
        row = self.row
        if row is None:
            return
        if row.entry.spec.is_nullable:
            row.entry.nullify()
        elif row.inner.kind is Kind.TEXT and not row.inner.text:
            row.entry.give()
            row.inner.give()
        self._changed()

    def _choose(self, by: int) -> None:
        row = self.row
        if row is None:
            return
        entry, inner = row.entry, row.inner
        if inner.kind is Kind.CHOICE:
            inner.choose(inner.choice + by if inner.state is State.GIVEN else 0)
        elif entry.kind is Kind.UNION:
            entry.choose(entry.option + by if entry.state is State.GIVEN else 0)
        self._changed()

    def _changed(self) -> None:
        self.update()
        self.post_message(self.Changed())

    # Painting

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width, base = self.size.width, self.rich_style
        index = y + int(self.scroll_offset.y)
        if index >= len(self._painted):
            text = "  Nothing is to be filled in: it takes no fields." if not self._painted and y == 0 else ""
            return Strip([Segment(set_cell_size(text, width), base + style_of("dim"))], width)
        name, value, tone, fault = self._painted[index]
        is_here = index == self._cursor
        style = base
        if is_here and self.has_focus:
            style = self.get_component_rich_style("field-list--cursor")
        sign = "▸" if is_here else " "
        segments = [
            Segment(f"{sign}{'✖' if fault else ' '}", style + style_of("bad" if fault else "")),
            Segment(_fitted(name, self._label_width) + "  ", style),
        ]
        room = max(4, width - self._value_at)
        if fault:
            fault = fault if cell_len(fault) < room else set_cell_size(fault, room - 1) + "…"
            value = _cut(value, max(4, room - cell_len(fault) - 2))
            segments += [Segment(f"{value}  ", style + style_of(tone)), Segment(fault, style + style_of("bad"))]
        else:
            segments.append(Segment(_cut(value, room), style + style_of(tone)))
        return Strip(segments).crop_extend(0, width, style)

    def on_resize(self) -> None:
        """The room has changed."""
        self.virtual_size = Size(self.size.width, len(self.rows))
        self.refresh()

    def on_focus(self) -> None:
        """The cursor is seen."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """It is not."""
        self._refresh_row(self._cursor)

    def _refresh_row(self, index: int) -> None:
        y = index - int(self.scroll_offset.y)
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))


def _fitted(text: str, width: int) -> str:
    return set_cell_size(_cut(text, width), width)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
