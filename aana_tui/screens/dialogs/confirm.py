"""The question before a change: what it does to what, and what it interrupts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Static

from aana_tui.screens.dialogs.dialog import Dialog
from aana_tui.tones import style_of
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

Line = tuple[str, str]
"""A text and its tone."""


@dataclass(frozen=True)
class Question:
    """What is asked."""

    title: str
    """``Restart whisper?``"""
    impact: Sequence[Line]
    """Targets, and what is known of them at once."""
    verb: str
    """On the button."""
    typed: str = ""
    """What must be typed to confirm; nothing where a key is enough."""
    notice: Sequence[Line] = ()
    """Why it is asked once more, say."""


class Confirm(Dialog[bool]):
    """Gives True only where the operator said so; Cancel has the focus.

    Args:
        question: what is asked.
        more: what takes a moment to know: the plan. Its lines are shown as they arrive.
        hindrance: why it cannot be done any more, asked at the moment of confirming.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "cancel", "Cancel"),
        ("n", "cancel", "Cancel"),
        ("y", "confirm", "Confirm"),
        ("left,right", "other_button", "Other button"),
    ]

    def __init__(
        self,
        question: Question,
        *,
        more: Callable[[], Awaitable[Sequence[Line]]] | None = None,
        hindrance: Callable[[], str | None] = lambda: None,
    ) -> None:
        super().__init__()
        self.question = question
        self._more = more
        self._hindrance = hindrance

    def compose(self) -> ComposeResult:
        """Title, impact, plan, and the way out."""
        question = self.question
        with Vertical(classes="dialog"):
            yield Static(sanitise(question.title), markup=False, classes="dialog-title")
            with VerticalScroll(can_focus=False):
                yield Static(_text([*question.notice, *question.impact]), markup=False)
                yield Static("", markup=False, id="more")
            if question.typed:
                yield Static(f"Type {sanitise(question.typed)} to confirm, escape to cancel:", markup=False)
                yield Input(compact=True, id="typed")
            yield Static("", markup=False, id="why-not")
            if not question.typed:
                with Horizontal():
                    yield Button("Cancel (n)", compact=True, id="cancel")
                    yield Button(f"{question.verb} (y)", compact=True, id="confirm")

    def begin(self) -> None:
        """The plan is asked for; the keys go to what changes nothing."""
        self.query_one("#typed" if self.question.typed else "#cancel").focus()
        if self._more is not None:
            self._load(self._more)

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def _load(self, more: Callable[[], Awaitable[Sequence[Line]]]) -> None:
        shown = self.query_one("#more", Static)
        waiting = self.set_timer(0.5, lambda: shown.update(_text([("asking for the plan…", "dim")])))
        lines = await more()
        waiting.stop()
        shown.update(_text(lines))

    def action_cancel(self) -> None:
        """Nothing is done."""
        self.dismiss(result=False)

    def action_confirm(self) -> None:
        """It is wanted, by a key or a button; not where a name must be typed."""
        # A key that came before the question was seen confirms nothing.
        if not self.question.typed and self.is_mounted:
            self._confirm()

    def action_other_button(self) -> None:
        """From one button to the other."""
        if not self.question.typed:
            self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button was pressed."""
        event.stop()
        if event.button.id == "confirm":
            self._confirm()
        else:
            self.dismiss(result=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Something was typed."""
        event.stop()
        if event.value.strip() == self.question.typed:
            self._confirm()
        else:
            self._say(f"That is not {self.question.typed}; nothing is done.")

    def _confirm(self) -> None:
        reason = self._hindrance()
        if reason is None:
            self.dismiss(result=True)
        else:
            self._say(reason)

    def _say(self, text: str) -> None:
        self.query_one("#why-not", Static).update(_text([(text, "warn")]))


def _text(lines: Sequence[Line]) -> Text:
    return Text("\n").join(Text(sanitise(line), style=style_of(tone)) for line, tone in lines)
