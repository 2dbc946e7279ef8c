"""What can be read of an answer, as it arrives: JSON with indents, streams chunk by chunk, text as it is."""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from threading import Lock
from typing import TYPE_CHECKING, Any

from aana_tui.state.json_text import pretty

if TYPE_CHECKING:
    from aanad.wire.problems import Problem

MAX_HEAD_BYTES = 1 << 20
"""Of the beginning, which is what is shown of an answer that is no stream."""
MAX_SHOWN_CHARACTERS = 256 << 10
"""The beginning of an answer, the end of a stream."""
_JSON = ("application/json", "+json")
_LINES = ("application/x-ndjson", "application/jsonl")
_EVENTS = "text/event-stream"


class AnswerText:
    """The text of one answer; it is written by one thread and read by another."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._decoder = getincrementaldecoder("utf-8")(errors="replace")
        self._head = bytearray()
        self._shown: list[str] = []
        self._length = 0
        self._rest = ""
        self._is_words = True
        """Whether all items of a stream so far were strings, so that they are one text."""
        self.kind = ""
        self.is_readable = False
        self.dropped = 0
        """Characters of a stream's beginning that are not kept any more."""
        self._edition = 1
        """Changes where what was shown is shown otherwise."""
        self.problem: Problem | None = None
        """What ended a stream early."""

    @property
    def head(self) -> bytes:
        """The answer's first MiB."""
        return bytes(self._head)

    @property
    def is_stream(self) -> bool:
        """Whether it is shown as it arrives, its end first."""
        return self.kind == _EVENTS or self.kind in _LINES

    def begin(self, content_type: str) -> None:
        """The kind of the answer is known."""
        kind = content_type.partition(";")[0].strip().lower()
        self.kind = kind
        self.is_readable = (
            kind.startswith("text/") or kind in _LINES or kind.endswith((*_JSON, "+xml")) or kind == "application/xml"
        )

    def feed(self, chunk: bytes) -> None:
        """Something has arrived."""
        with self._lock:
            if len(self._head) < MAX_HEAD_BYTES:
                self._head += chunk[: MAX_HEAD_BYTES - len(self._head)]
            if self.is_readable:
                self._take(self._decoder.decode(chunk))

    def end(self) -> None:
        """Nothing more comes."""
        with self._lock:
            if self.is_readable:
                self._take(self._decoder.decode(b"", final=True))
                if self.is_stream and self._rest.strip():
                    self._take("\n")
                self._indent()

    def read(self, after: tuple[int, int] = (0, 0)) -> tuple[str, tuple[int, int], bool]:
        """What is to be shown and was not yet; not made harmless.

        Args:
            after: what the last reading gave back.

        Returns:
            The text, what to read on after, and whether it stands for all that was read before.
        """
        with self._lock:
            end = self.dropped + self._length
            edition, position = after
            is_anew = edition != self._edition or position < self.dropped
            text = "".join(self._shown)
            if not is_anew:
                text = text[position - self.dropped :]
            return text, (self._edition, end), is_anew

    def rest_bytes(self, size: int) -> int:
        """About how many of an answer's bytes are not shown."""
        with self._lock:
            if self.is_stream:
                return 0
            shown = sum(len(text.encode(errors="replace")) for text in self._shown)
            return max(0, size - shown) if self._length >= MAX_SHOWN_CHARACTERS else 0

    def _take(self, text: str) -> None:
        if not self.is_stream:
            # The beginning alone is shown, and more of it is not kept.
            self._show(text[: max(0, MAX_SHOWN_CHARACTERS - self._length)])
            return
        *lines, self._rest = (self._rest + text).split("\n")
        if len(self._rest) > MAX_SHOWN_CHARACTERS:
            lines, self._rest = [*lines, self._rest], ""
        for line in lines:
            self._take_line(line.rstrip("\r"))

    def _take_line(self, line: str) -> None:
        if self.kind == _EVENTS:
            if not line.startswith("data:"):
                return
            line = line[5:].removeprefix(" ")
        if not line.strip() or (self.kind == _EVENTS and line == "{}"):
            return
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            self._show_item(line)
            return
        self._note_problem(item)
        if isinstance(item, str) and self._is_words:
            self._show(item)
            return
        self._show_item(json.dumps(item, ensure_ascii=False))

    def _show_item(self, text: str) -> None:
        if self._is_words and self._length and not self._shown[-1].endswith("\n"):
            self._show("\n")
        self._is_words = False
        self._show(f"{text}\n")

    def _show(self, text: str) -> None:
        if not text:
            return
        self._shown.append(text)
        self._length += len(text)
        while self.is_stream and self._length > MAX_SHOWN_CHARACTERS and len(self._shown) > 1:
            gone = len(self._shown.pop(0))
            self._length -= gone
            self.dropped += gone

    def _note_problem(self, item: Any) -> None:
        from aanad.wire.problems import Problem

        said = item.get("error", item) if isinstance(item, dict) else None
        if isinstance(said, dict) and {"status", "code", "message"} <= said.keys():
            try:
                self.problem = Problem.model_validate(said)
            except ValueError:
                return

    def _indent(self) -> None:
        if not self.kind.endswith(_JSON) or len(self._head) >= MAX_HEAD_BYTES:
            return
        try:
            text = pretty(json.loads(self._head))
        except (ValueError, RecursionError):
            return  # Whatever it is then, it shall be seen.
        self._shown, self._length = [text[:MAX_SHOWN_CHARACTERS]], min(len(text), MAX_SHOWN_CHARACTERS)
        self._edition += 1
