"""The form of a request as one pane: fields or JSON, with the same document behind both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Container
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Static

from aana_tui.state.json_text import JsonFault, parse, pretty
from aana_tui.state.request_form import RequestForm, State
from aana_tui.state.schema_fields import MISSING, Kind, field_text
from aana_tui.tones import style_of
from aana_tui.widgets.form.field_editor import FieldEditor, PageEditor, PathSuggester
from aana_tui.widgets.form.field_list import FieldList
from aana_tui.widgets.form.field_rows import fault_text
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.suggester import Suggester
    from textual.widget import Widget

    from aana_tui.state.request_form import Entry
    from aanad.wire.problems import FieldError


class FormPane(Container, can_focus=True):
    """A form that can be shown as fields and as JSON; nothing typed into either is lost by changing."""

    class Changed(Message):
        """What would be sent is another."""

    def __init__(self) -> None:
        super().__init__(id="form")
        self.form: RequestForm | None = None
        self.is_raw = False
        """Whether it is shown as JSON."""
        self.messages: list[str] = []
        """What the endpoint said that belongs to no field."""
        self._edited: Entry | None = None
        self._new_name_of: Entry | None = None
        """The map that an item is being named for."""

    def compose(self) -> ComposeResult:
        """Fields, or the document; what is said of the one under the cursor; what is typed into."""
        yield FieldList()
        yield PageEditor("raw")
        yield PageEditor("page")
        yield Static(markup=False, id="field-help")
        yield FieldEditor()

    @property
    def fields(self) -> FieldList:
        """The rows."""
        return self.query_one(FieldList)

    @property
    def raw(self) -> PageEditor:
        """The document as JSON."""
        return self.query_one("#raw", PageEditor)

    @property
    def page(self) -> PageEditor:
        """A text of several lines."""
        return self.query_one("#page", PageEditor)

    @property
    def editor(self) -> FieldEditor:
        """The line over a field."""
        return self.query_one(FieldEditor)

    def main(self) -> Widget:
        """What takes the keys first."""
        return self.raw if self.is_raw else self.fields

    def do_open(self) -> None:
        """Go on typing."""
        self.main().focus()

    # The document

    def show(self, form: RequestForm, text: str | None = None) -> None:
        """Show another form; where `text` is no document of it, as JSON."""
        self.form, self.messages = form, []
        self._close_editors()
        self.fields.show(form)
        if text is not None and not self._take(text):
            self._show_raw(text)
        else:
            self._show_fields()

    def text(self) -> str:
        """The document as it would be sent.

        Raises:
            JsonFault: what is typed is no JSON.
        """
        if self.is_raw:
            parse(self.raw.text)
            return self.raw.text
        return json.dumps(self._document(), ensure_ascii=False)

    def typed_text(self) -> str:
        """The document as it stands there, whether it is JSON or not."""
        return self.raw.text if self.is_raw else json.dumps(self._document(), ensure_ascii=False)

    def files(self) -> list[tuple[str, str]]:
        """The files that go with it."""
        return self.form.files() if self.form is not None else []

    def check(self) -> str | None:
        """Whether it can be sent: None, or why not; the fields then say more."""
        if self.form is None:
            return "Nothing is chosen."
        self.messages = []
        if self.is_raw:
            try:
                parse(self.raw.text)
            except JsonFault as fault:
                self.raw.move_cursor((fault.line - 1, fault.column - 1))
                self._say(str(fault))
                return f"This is no JSON: {fault}."
            return None
        self.fields.is_checked = True
        is_right = self.form.check()
        self.fields.update()
        if is_right:
            return None
        self.fields.move_to_fault()
        return "Some fields are not right yet; each says why."

    def tell(self, errors: Iterable[FieldError]) -> None:
        """Show what the endpoint says is wrong, at the fields."""
        if self.form is None:
            return
        if self.is_raw and not self._take(self.raw.text):
            self.messages = [f"{error.field}: {error.message}" for error in errors]
            self._say("; ".join(self.messages))
            return
        self.messages = self.form.tell(errors)
        self.fields.update()
        if not self.is_raw:
            self.fields.move_to_fault()
        elif self.form is not None:
            told = [f"{entry.name}: {text}" for entry in self.form.root.walk() for text in entry.told]
            self._say("; ".join([*told, *self.messages]))

    def change_view(self) -> str | None:
        """From fields to JSON and back; a sentence where that cannot be."""
        if not self.is_raw:
            self._close_editors()
            self._show_raw(pretty(self._document()))
            return None
        try:
            parse(self.raw.text)
        except JsonFault as fault:
            self.raw.move_cursor((fault.line - 1, fault.column - 1))
            return f"This is no JSON: {fault}."
        self._take(self.raw.text)
        self._show_fields()
        return None

    def replace(self, text: str) -> None:
        """Take a document that was written elsewhere."""
        if self.is_raw or not self._take(text):
            self._show_raw(text)
        else:
            self.fields.update()
        self.post_message(self.Changed())

    def _document(self) -> object:
        document = self.form.document() if self.form is not None else MISSING
        return {} if document is MISSING else document

    def _take(self, text: str) -> bool:
        try:
            document = parse(text)
        except JsonFault:
            return False
        if self.form is not None:
            self.form.fill(document)
            self.fields.update()
        return True

    def _show_raw(self, text: str) -> None:
        self.is_raw = True
        self.raw.load_text(text)
        self._see(self.raw)
        self._say_more()

    def _show_fields(self) -> None:
        self.is_raw = False
        self.fields.update()
        self._see(self.fields)

    # Typing

    def on_field_list_edit(self, event: FieldList.Edit) -> None:
        """Type into the field under the cursor."""
        event.stop()
        row = self.fields.row
        if row is None:
            return
        if row.inner.kind is Kind.MAP:
            self._new_name_of = row.inner
            self._open_line("", placeholder="name of the new item")
            return
        self._edit(row.inner)

    def _edit(self, entry: Entry) -> None:
        self._edited = entry
        if "\n" in entry.text:
            self._open_page(entry.text)
            return
        suggester: Suggester | None = None
        if entry.kind is Kind.FILE:
            suggester = PathSuggester()
        elif entry.kind is Kind.TEXT and isinstance(entry.spec.schema.get("examples"), list):
            suggester = SuggestFromList([text for text in entry.spec.schema["examples"] if isinstance(text, str)])
        self.editor.suggester = suggester
        self.editor.takes_lines = entry.kind in {Kind.TEXT, Kind.JSON}
        self._open_line(entry.text, placeholder=field_text(entry.spec))

    def _open_line(self, text: str, *, placeholder: str) -> None:
        editor = self.editor
        with editor.prevent(FieldEditor.Changed):
            editor.value = text
        editor.cursor_position = len(text)
        editor.placeholder = sanitise(placeholder)
        self._place_editor()
        editor.display = True
        self.screen.set_focus(editor)

    def _place_editor(self) -> None:
        x, y, width = self.fields.editor_place
        self.editor.styles.offset = (x, y)
        self.editor.styles.width = width

    def on_input_changed(self, event: FieldEditor.Changed) -> None:
        """Take what is typed over."""
        event.stop()
        if self._edited is not None and self.editor.display:
            self._edited.type(event.value)
            self.fields.update()
            self.post_message(self.Changed())

    def on_input_submitted(self, event: FieldEditor.Submitted) -> None:
        """Enter is the editor's own."""
        event.stop()

    def on_field_editor_left(self, event: FieldEditor.Left) -> None:
        """To the field that is typed into next, or to none."""
        event.stop()
        naming, self._new_name_of = self._new_name_of, None
        name = self.editor.value
        self._close_editors()
        if naming is not None:
            self._add_named(naming, name)
            return
        if event.by and self.fields.step(event.by):
            row = self.fields.row
            if row is not None and row.inner.is_leaf:
                self._edit(row.inner)

    def _add_named(self, owner: Entry, name: str) -> None:
        if not name:
            return
        child = owner.add(name)
        self.fields.update()
        self.fields.move_to_entry(child)
        self.post_message(self.Changed())
        if child.is_leaf:
            self._edit(child)

    def on_field_editor_needs_page(self, event: FieldEditor.NeedsPage) -> None:
        """Type more than a line."""
        event.stop()
        if self._edited is not None:
            self._edited.type(event.text)
            self._open_page(event.text)

    def _open_page(self, text: str) -> None:
        self.page.load_text(text)
        self._see(self.page)

    def on_page_editor_left(self, event: PageEditor.Left) -> None:
        """The fields are seen again; from the document one goes to its fields."""
        event.stop()
        if event.page is self.raw:
            self.focus()  # The view's keys work here, and enter goes on with the document.
            return
        self._close_editors()

    def on_text_area_changed(self, event: PageEditor.Changed) -> None:
        """Take what is typed over."""
        event.stop()
        if event.text_area is self.page and self._edited is not None and self.page.display:
            self._edited.type(self.page.text)
            self.fields.update()
        if event.text_area is self.raw and self.is_raw:
            self._say_more()
        self.post_message(self.Changed())

    def _close_editors(self) -> None:
        self._edited = None
        self._see(self.main())

    def _see(self, seen: Widget) -> None:
        """Show one of the three, with the keys; they are never with what is hidden, or nobody would have them."""
        seen.display = True
        if self.screen.focused in {self, self.editor, self.raw, self.page, self.fields}:
            self.screen.set_focus(seen)
        for other in (self.editor, self.raw, self.page, self.fields):
            other.display = other is seen

    def on_resize(self) -> None:
        """The line stays over its field."""
        if self.editor.display:
            self.call_after_refresh(self._place_editor)

    # What is said of the field under the cursor

    def on_field_list_moved(self, event: FieldList.Moved) -> None:
        """Say what the field is."""
        event.stop()
        if not self.is_raw:
            self._say_more()

    def on_field_list_changed(self, event: FieldList.Changed) -> None:
        """Something else would be sent."""
        event.stop()
        self.post_message(self.Changed())

    def _say_more(self) -> None:
        help_line = Text()
        if self.is_raw:
            files = ", ".join(f"{name}={path}" for name, path in self.files())
            fault = self._raw_fault()
            help_line.append(sanitise(fault or "JSON"), style_of("bad" if fault else "dim"))
            if files:
                help_line.append(sanitise(f"\nwith the files {files}"), style_of("dim"))
        elif (row := self.fields.row) is not None:
            fault = fault_text(row, is_checked=self.fields.is_checked)
            spec = row.inner.spec if row.entry.state is State.GIVEN else row.entry.spec
            if fault:
                help_line.append(f"{fault}\n", style_of("bad"))
            help_line.append(sanitise(field_text(spec)), style_of("accent"))
            description = row.entry.spec.description or spec.description
            if description:
                help_line.append(f"\n{sanitise(description)}")
        for message in self.messages:
            help_line.append(f"\n{sanitise(message)}", style_of("bad"))
        self._paint_help(help_line)

    def _raw_fault(self) -> str | None:
        try:
            parse(self.raw.text)
        except JsonFault as fault:
            return str(fault)
        return None

    def _say(self, text: str) -> None:
        self._paint_help(Text(sanitise(text), style_of("bad")))

    def _paint_help(self, text: Text) -> None:
        shown = self.query_one("#field-help", Static)
        if getattr(shown, "said", None) != text:
            shown.said = text  # type: ignore[attr-defined]
            shown.update(text)
