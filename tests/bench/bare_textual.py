"""A Textual application with nothing in it: what any console in Textual costs. Run by `tests.bench.console`."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("aana ▸")


if __name__ == "__main__":
    Bare().run(mouse=False)
