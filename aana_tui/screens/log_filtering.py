"""Which records of the open log are shown: what ``/``, ``&``, ``!``, the level's key and the sources' window do."""

from __future__ import annotations

from dataclasses import replace

from textual import work

from aana_tui.screens.view import View
from aana_tui.state.log_entries import LEVELS
from aana_tui.state.log_filter import OPEN, BadPattern, LogFilter, pattern_of
from aana_tui.widgets.log_view import LogView
from aanad.errors import InvalidInput

LEVEL_STEPS = ("", "warning", "error")
"""What the level's key goes through."""


class FilteredLogs(View):
    """``/`` searches: hits are highlighted, and what is not a hit stays; ``/!`` leaves out while it stands there."""

    def __init__(self) -> None:
        super().__init__()
        self._filter = OPEN
        """Without what ``/!`` leaves out."""
        self._order: list[tuple[str, str]] = []
        """What was added, the last at the end: ``in``, ``out``, ``level`` or ``sources``, and the text."""
        self._left_out = ""
        self.complaint = ""
        """Why what is being typed after ``/`` does not work yet."""

    @property
    def log_view(self) -> LogView:
        """The log."""
        return self.query_one("#log", LogView)

    def show_status(self) -> None:
        """Say above the log what is shown of it."""

    def set_filter(self, text: str) -> None:
        """What ``/`` says, also while it is being typed: a regex to look for, or ``!regex`` to leave out."""
        left_out = text[1:] if text.startswith("!") else ""
        searched = "" if text.startswith("!") else text
        try:
            if left_out:
                pattern_of(left_out)
            if searched != self.log_view.search:
                self.log_view.set_search(searched)
            self.complaint = ""
        except BadPattern as error:
            self.complaint = error.message
        else:
            if left_out != self._left_out:
                self._left_out = left_out
                self._apply(self._filter)
        self.show_status()

    def forget_filters(self) -> None:
        """Another log is opened."""
        self._left_out = self.complaint = ""
        self._order.clear()
        self._apply(OPEN)

    def do_in(self, argument: str = "") -> None:
        """Show only what matches, besides what is asked for already."""
        text = argument or self._taken_search("show")
        self._add(self._filter.with_in(text), "in", text)

    def do_out(self, argument: str = "") -> None:
        """Do not show what matches."""
        text = argument or self._left_out or self._taken_search("leave out")
        self._add(self._filter.with_out(text), "out", text)

    def do_level(self, argument: str = "") -> None:
        """The next level, or the one that is named; ``all`` for every record."""
        if not argument:
            at = LEVEL_STEPS.index(self._filter.level) if self._filter.level in LEVEL_STEPS else 0
            level = LEVEL_STEPS[(at + 1) % len(LEVEL_STEPS)]
        else:
            level = "" if argument == "all" else argument
            if level and level not in LEVELS:
                raise InvalidInput(
                    f"There is no level {argument!r}.", hint=f"There are {', '.join(LEVELS)} and all.",
                    code="invalid_command",
                )  # fmt: skip
        self._order = [step for step in self._order if step[0] != "level"]
        self._add(replace(self._filter, level=level), "level" if level else "", level)

    def do_widen(self) -> None:
        """Take the last filter away."""
        if not self._order:
            self.app.notify("There is no filter.", markup=False)
            return
        kind, text = self._order.pop()
        now = self._filter
        match kind:
            case "in":
                now = replace(now, ins=tuple(one for one in now.ins if one != text))
            case "out":
                now = replace(now, outs=tuple(one for one in now.outs if one != text))
            case "level":
                now = replace(now, level="")
            case _:
                now = replace(now, hidden=frozenset())
        self._apply(now)

    @work(exclusive=True, group="sources", exit_on_error=False)
    async def do_sources(self) -> None:
        """Choose whose records are shown."""
        from aana_tui.screens.log_sources import SourcePicker, origins

        hidden = await self.app.push_screen_wait(SourcePicker(origins(self.log_view.ring), self._filter.hidden))
        if hidden is not None:
            self._order = [step for step in self._order if step[0] != "sources"]
            self._add(replace(self._filter, hidden=hidden), "sources" if hidden else "", "")

    def _taken_search(self, verb: str) -> str:
        """What is searched for becomes a filter."""
        if not self.log_view.search:
            raise InvalidInput(f"Nothing is searched for that I could {verb}.", hint="/ searches.", code="no_search")
        return self.log_view.search

    def _add(self, wanted: LogFilter, kind: str, text: str) -> None:
        if kind and (kind, text) not in self._order:
            self._order.append((kind, text))
        self._apply(wanted)

    def _apply(self, wanted: LogFilter) -> None:
        self._filter = wanted
        self.log_view.set_filter(wanted.with_out(self._left_out) if self._left_out else wanted)
