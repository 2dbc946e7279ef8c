"""The answer to a test request: how it went, and what came, shown as it arrives."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.containers import Container
from textual.message import Message
from textual.widgets import Static

from aana_tui.state.answer_text import MAX_SHOWN_CHARACTERS
from aana_tui.state.invocations import Phase
from aana_tui.tones import is_mono, style_of
from aana_tui.widgets.answer_lines import AnswerLines, Line
from aana_tui.widgets.form.field_rows import size_text
from aana_tui.widgets.picture import Picture
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.app import ComposeResult

    from aana_tui.state.invocations import Progress, Sending
    from aanad.wire.problems import Problem

_PHASES = {
    Phase.SENDING: ("◌ sent, waiting", "busy"),
    Phase.ARRIVING: ("◐ arriving", "busy"),
    Phase.CANCELLED: ("○ cancelled", "warn"),
    Phase.LOST: ("✖ link lost", "bad"),
    Phase.REFUSED: ("✖ refused", "bad"),
}
MIN_PICTURE_LINES = 4


class AnswerView(Container):
    """One answer."""

    class Ended(Message):
        """Nothing more comes of this one."""

        def __init__(self, sending: Sending) -> None:
            super().__init__()
            self.sending = sending

    def __init__(self) -> None:
        super().__init__(id="answer")
        self.sending: Sending | None = None
        self.is_plain = False
        """Whether the text is shown as it came, without indents."""
        self._read: tuple[int, int] = (0, 0)
        self._shown_progress: Progress | None = None
        self._is_over = False

    def compose(self) -> ComposeResult:
        """How it went, a picture where it is one, and the text."""
        yield Static(markup=False, id="answer-status")
        yield Picture()
        yield AnswerLines(id="answer-lines")

    @property
    def lines(self) -> AnswerLines:
        """The text."""
        return self.query_one(AnswerLines)

    def follow(self, sending: Sending | None) -> None:
        """Show this one from now on."""
        self.sending = sending
        self._read = (0, 0)
        self._shown_progress = None
        self._is_over = False
        self.query_one(Picture).hide()
        self.query("#pixels").remove()
        self.lines.show([])
        self.refresh_answer()

    def refresh_answer(self) -> None:
        """Show what has come since the last time; nothing is painted where nothing has."""
        if self.sending is None:
            self._say(Text("No answer yet: send the request.", style_of("dim")))
            return
        progress = self.sending.progress
        self._say(status_text(progress, self.sending.elapsed_s))
        if progress is self._shown_progress and self._is_over:
            return
        self._shown_progress = progress
        # What is over was over before the text is read, so that all of it is read.
        is_over = progress.phase.is_over
        if self.sending.text.is_readable and not progress.is_error and not self.is_plain:
            text, self._read, is_anew = self.sending.text.read(self._read)
            if is_anew:
                self.lines.show([Line(line) for line in text.split("\n")])
            else:
                self.lines.append(text)
        if is_over and not self._is_over:
            self._is_over = True
            self._finish(self.sending, progress)

    def show_plain(self) -> None:
        """Between the text as it came and with indents."""
        if self.sending is None or not self.sending.text.is_readable:
            return
        self.is_plain = not self.is_plain
        self._read = (0, 0)
        if self.is_plain:
            text = self.sending.text.head[:MAX_SHOWN_CHARACTERS].decode(errors="replace")
            self.lines.show([Line(line) for line in text.split("\n")])
        else:
            self._shown_progress, self._is_over = None, False
            self.refresh_answer()

    def _finish(self, sending: Sending, progress: Progress) -> None:
        if progress.is_error:
            self.lines.show(list(_failure(sending, progress)))
        elif progress.problem is not None:
            self.lines.append("\n")
            for line in _problem_lines(progress.problem):
                self.lines.append(f"\n{line.text}")
        elif progress.phase is Phase.DONE and not sending.text.is_readable:
            self.lines.show(list(_facts(progress)))
            self._preview(sending, progress)
        elif (shown := sending.text.rest_bytes(progress.size)) > 0:
            self.lines.append(f"\n… {size_text(shown)} more: w saves all of it.")
        self.post_message(self.Ended(sending))

    @work(exclusive=True, group="preview", exit_on_error=False)
    async def _preview(self, sending: Sending, progress: Progress) -> None:
        from aana_tui.state.previews import picture, sound

        kind, body = progress.media_type.partition(";")[0].strip().lower(), sending.body
        if body is None or not progress.size:
            return
        if kind in {"audio/wav", "audio/x-wav", "audio/wave"}:
            said = await asyncio.to_thread(sound, body)
            self._tell(sending, progress, said)
        elif kind.startswith("image/"):
            # Half of the pane is the text's.
            columns, lines = self.size.width, max(MIN_PICTURE_LINES, self.size.height - 8)
            try:
                said, rows = await asyncio.to_thread(picture, body, columns, lines)
            except (ValueError, OSError) as error:
                self._tell(sending, progress, f"No preview: {error}.")
                return
            self._tell(sending, progress, said)
            if sending is self.sending and not is_mono() and not await self._show_pixels(body, len(rows)):
                self.query_one(Picture).show(rows)

    async def _show_pixels(self, body: Path, lines: int) -> bool:
        from aana_tui.state.previews import thumbnail
        from aana_tui.widgets.graphics import image_widget

        kind = image_widget(self.app)
        if kind is None:
            return False
        try:
            shown = kind(await asyncio.to_thread(thumbnail, body), id="pixels")  # type: ignore[arg-type]
        except (ValueError, OSError):
            return False
        shown.styles.height, shown.styles.width = lines, "auto"
        await self.query("#pixels").remove()
        await self.mount(shown, before="#answer-lines")
        return True

    def _tell(self, sending: Sending, progress: Progress, said: str) -> None:
        if sending is self.sending and said:
            self.lines.show([Line(said, "strong"), *_facts(progress)])

    def _say(self, text: Text) -> None:
        status = self.query_one("#answer-status", Static)
        if getattr(status, "said", None) != text:
            status.said = text  # type: ignore[attr-defined]
            status.update(text)


def status_text(progress: Progress, elapsed_s: float) -> Text:
    """How it went, in a line or two."""
    text = Text()
    sign, tone = _sign(progress)
    text.append(sign, style_of(tone))
    is_over = progress.phase.is_over
    # While it is under way only whole seconds, so that it is painted once a second.
    parts = [f"{duration_text(elapsed_s)}" if is_over else f"{elapsed_s:.0f} s"]
    if progress.first_byte_s is not None:
        parts.append(f"first byte {duration_text(progress.first_byte_s)}")
    if progress.size:
        parts.append(size_text(progress.size))
    if progress.chunks > 1:
        rate = progress.chunks / elapsed_s if elapsed_s > 0 else 0.0
        parts.append(f"{progress.chunks} chunks" + (f", {rate:.1f}/s" if is_over else ""))
    text.append("  " + "  ".join(parts))
    more = [sanitise(progress.media_type)[:60]] if progress.media_type else []
    if progress.request_id:
        more.append(f"request {sanitise(progress.request_id)[:60]}")
    if more:
        text.append("\n" + "  ".join(more), style_of("dim"))
    return text


def duration_text(seconds: float) -> str:
    """Seconds as people read them."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s" if seconds < 60 else f"{seconds:.0f} s"  # noqa: PLR2004


def _sign(progress: Progress) -> tuple[str, str]:
    if progress.phase is not Phase.DONE:
        return _PHASES[progress.phase]
    status = progress.status or 0
    try:
        words = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        words = str(status)
    if progress.is_error:
        return f"✖ {words}", "bad"
    return (f"✖ {words}, but the stream ended with an error", "bad") if progress.problem else (f"● {words}", "good")


def _failure(sending: Sending, progress: Progress) -> Iterator[Line]:
    if progress.problem is not None:
        yield from _problem_lines(progress.problem)
    elif progress.message:
        yield Line(progress.message, "bad")
        if progress.hint:
            yield Line(progress.hint)
    text, _, _ = sending.text.read()
    if text and progress.problem is None:
        yield Line("")
        yield from (Line(line) for line in text.split("\n"))


def _problem_lines(problem: Problem) -> Iterator[Line]:
    yield Line(problem.message, "bad")
    if problem.hint:
        yield Line(problem.hint)
    yield Line(f"code {problem.code}" + (f"  request {problem.request_id}" if problem.request_id else ""), "dim")
    for error in problem.errors:
        yield Line(f"  {error.field}: {error.message}", "warn")
    if problem.extra:
        import json

        yield Line(f"extra {json.dumps(problem.extra, ensure_ascii=False)}", "dim")
    if problem.detail:
        yield Line("")
        yield from (Line(line, "dim") for line in problem.detail.split("\n"))


def _facts(progress: Progress) -> Iterator[Line]:
    if not progress.size:
        yield Line("The answer has no body.", "dim")
        return
    yield Line(f"{progress.media_type or 'bytes of no known type'}, {progress.size:,} bytes")
    if progress.filename:
        yield Line(f"file {progress.filename}")
    yield Line(f"sha256 {progress.sha256}", "dim")
    yield Line("w saves it.", "dim")
