"""Which records are shown: regular expressions in and out, a level, and whose."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aana_tui.state.log_entries import LEVELS
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from aana_tui.state.log_entries import LogEntry


class BadPattern(InvalidInput):
    """What was typed is no regular expression; the message says why."""

    code = "invalid_pattern"


@lru_cache(maxsize=64)
def pattern_of(text: str) -> Any:
    """A regular expression in RE2's syntax: none of them can take for ever. Small letters match capitals too.

    Raises:
        BadPattern: it is none.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = text != text.lower()
    try:
        return re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0]
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise BadPattern(
            f"{text!r} is no regular expression: {said}.",
            hint="The syntax is RE2's; \\ before a sign takes it as it is.",
        ) from error


@dataclass(frozen=True)
class LogFilter:
    """What a record must be to be shown; a mark always is."""

    ins: tuple[str, ...] = ()
    """All of them must be found in the message."""
    outs: tuple[str, ...] = ()
    """None of them may be."""
    level: str = ""
    """At least this severe; records that say no level are shown only where this is empty."""
    hidden: frozenset[str] = field(default=frozenset())
    """Origins that are not shown."""

    @property
    def is_open(self) -> bool:
        """Whether everything is shown."""
        return self == OPEN

    def shows(self, entry: LogEntry) -> bool:
        """Whether a record is shown."""
        if entry.is_mark or entry.is_void:
            return entry.is_mark
        if self.level and (entry.level not in LEVELS or LEVELS.index(entry.level) < LEVELS.index(self.level)):
            return self.level in {"warning", "error"} and entry.is_error
        if self.hidden and entry.origin in self.hidden:
            return False
        return all(pattern_of(text).search(entry.text) for text in self.ins) and not any(
            pattern_of(text).search(entry.text) for text in self.outs
        )

    def with_in(self, text: str) -> LogFilter:
        """Show only what matches this too.

        Raises:
            BadPattern: it is no regular expression.
        """
        pattern_of(text)
        return self if text in self.ins else replace(self, ins=(*self.ins, text))

    def with_out(self, text: str) -> LogFilter:
        """Do not show what matches this.

        Raises:
            BadPattern: it is no regular expression.
        """
        pattern_of(text)
        return self if text in self.outs else replace(self, outs=(*self.outs, text))

    def words(self) -> list[str]:
        """What it does, for people."""
        found = [*(f"in {text}" for text in self.ins), *(f"out {text}" for text in self.outs)]
        if self.level:
            found.append(f"≥ {self.level}")
        if self.hidden:
            found.append(f"{len(self.hidden)} sources hidden")
        return found


OPEN = LogFilter()
