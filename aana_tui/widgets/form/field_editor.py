"""What one types into: a line over the field that is filled in, and a page for text of several lines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, TextArea

from aana_tui.state.request_form import expanded

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

MAX_LISTED = 2_000
"""Names of a folder that completion looks at."""


class FieldEditor(Input):
    """One line. What is typed is taken over at once; leaving it loses nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "leave", "Leave"),
        ("enter,tab,down", "go(1)", "Next"),
        ("shift+tab,up", "go(-1)", "Before"),
        ("f2", "page", "More lines"),
        ("ctrl+space", "complete", "Complete"),
    ]

    class Left(Message):
        """Typing is over; `by` says to which field it goes on, 0 to none."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class NeedsPage(Message):
        """The text is more than a line."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="field-editor", compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.display = False
        self.takes_lines = False
        """Whether several lines may be typed."""

    def action_leave(self) -> None:
        """End it."""
        self.post_message(self.Left(0))

    def action_go(self, by: int) -> None:
        """To another field; a path that is half typed is completed first."""
        if by > 0 and self._suggestion and self._suggestion != self.value:
            self.action_complete()
            return
        self.post_message(self.Left(by))

    def action_complete(self) -> None:
        """Take what is suggested."""
        if self._suggestion:
            self.value = self._suggestion
            self.cursor_position = len(self.value)

    def action_page(self) -> None:
        """Type more than a line."""
        if self.takes_lines:
            self.post_message(self.NeedsPage(self.value))

    def _on_paste(self, event: events.Paste) -> None:
        # An input takes the first line of what is pasted, and the others would be lost.
        if self.takes_lines and "\n" in event.text.strip("\r\n"):
            at = self.cursor_position
            self.post_message(self.NeedsPage(self.value[:at] + event.text.replace("\r\n", "\n") + self.value[at:]))
            event.prevent_default()
            event.stop()
            return
        super()._on_paste(event)


class PageEditor(TextArea):
    """A page of plain text."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "Leave")]

    class Left(Message):
        """Typing is over."""

        def __init__(self, page: PageEditor) -> None:
            super().__init__()
            self.page = page

        @property
        def control(self) -> PageEditor:
            """The page."""
            return self.page

    def __init__(self, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id, compact=True, soft_wrap=True, tab_behavior="focus")
        self.cursor_blink = False
        self.display = False

    def action_leave(self) -> None:
        """End it."""
        self.post_message(self.Left(self))


class PathSuggester(Suggester):
    """The rest of a path that is half typed, where only one is meant."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The longest beginning that all that could be meant have in common."""
        if not value:
            return None
        typed_folder, slash, beginning = value.rpartition("/")
        folder = expanded(f"{typed_folder}/" if slash else ".")
        try:
            with os.scandir(folder) as found:
                names = [
                    entry.name + ("/" if entry.is_dir() else "")
                    for _, entry in zip(range(MAX_LISTED), found, strict=False)
                    if entry.name.startswith(beginning) and (beginning or not entry.name.startswith("."))
                ]
        except OSError:
            return None
        common = os.path.commonprefix(names)  # noqa: RUF071 - of names, not of paths
        if len(common) <= len(beginning) or not common.isprintable():
            return None
        return f"{typed_folder}{slash}{common}"
