"""The line that ``:`` and ``/`` open above the footer; what is typed stays while the link is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.binding import BindingType


class CommandLine(Input):
    """Takes a command or a filter; escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "close", "Close")]

    class Entered(Message):
        """Enter was pressed."""

        def __init__(self, mode: str, text: str) -> None:
            super().__init__()
            self.mode = mode
            self.text = text

    class Typed(Message):
        """A filter is being typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """Nothing is typed any more."""

    def __init__(self) -> None:
        super().__init__(id="command-line", compact=True, select_on_focus=False)
        self.mode = ":"
        self.display = False

    def open(self, mode: str, text: str = "") -> None:
        """Begin to type a command (``:``) or a filter (``/``)."""
        self.mode = mode
        self.display = True
        self.placeholder = "view, action, /filter, @daemon" if mode == ":" else "regex  !regex  ~fuzzy  key=value"
        self.value = text
        self.cursor_position = len(text)
        self.border_title = mode
        self.focus()

    def action_close(self) -> None:
        """Close it."""
        self.display = False
        self.post_message(self.Closed())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand what was typed over."""
        event.stop()
        self.display = False
        self.post_message(self.Entered(self.mode, self.value))
        self.post_message(self.Closed())

    def on_input_changed(self, event: Input.Changed) -> None:
        """A filter works while it is typed."""
        event.stop()
        if self.mode == "/" and self.display:
            self.post_message(self.Typed(self.value))
