"""Where in the console one is, and the trail that led there; no widgets."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Place:
    """A view and what it is narrowed to."""

    view: str
    """A name of `aana_tui.screens.VIEWS`."""
    project: str | None = None
    deployment: str | None = None
    replica: str | None = None
    endpoint: str | None = None
    filter: str = ""
    """What ``/`` takes."""

    @property
    def crumbs(self) -> list[str]:
        """The breadcrumbs."""
        parts = [self.view, self.project, self.deployment, self.replica, self.endpoint]
        return [part for part in parts if part]

    def filtered(self, text: str) -> Place:
        """The same place with another filter."""
        return replace(self, filter=text)


class Trail:
    """Places as a browser keeps them: back, forward, and the one before."""

    def __init__(self, start: Place) -> None:
        self._places = [start]
        self._at = 0

    @property
    def here(self) -> Place:
        """The place that is seen."""
        return self._places[self._at]

    @property
    def is_at_start(self) -> bool:
        """Whether there is no way back."""
        return self._at == 0

    def go(self, place: Place) -> None:
        """Go somewhere; what lay ahead is forgotten."""
        if place != self.here:
            self._places[self._at + 1 :] = [place]
            self._at += 1

    def amend(self, place: Place) -> None:
        """The place has changed without being left: another filter, say."""
        self._places[self._at] = place

    def back(self) -> None:
        """Go back, where there is a way."""
        self._at = max(0, self._at - 1)

    def forward(self) -> None:
        """Go forward again, where there is a way."""
        self._at = min(len(self._places) - 1, self._at + 1)
