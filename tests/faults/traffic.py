"""Requests that go on while something is killed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Self

import httpx


class Traffic:
    """One client that sends a request each few milliseconds and counts what came back."""

    def __init__(self, url: str, body: object, *, every_s: float = 0.01) -> None:
        self.outcomes: Counter[str] = Counter()
        self._url = url
        self._body = body
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    @property
    def failures(self) -> dict[str, int]:
        """Everything but 200, by what it was."""
        return {outcome: count for outcome, count in self.outcomes.items() if outcome != "200"}

    def answered(self) -> int:
        """How many requests were answered with 200."""
        return self.outcomes["200"]

    def _run(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._stop.is_set():
                try:
                    self.outcomes[str(client.post(self._url, json=self._body).status_code)] += 1
                except httpx.HTTPError as error:
                    self.outcomes[type(error).__name__] += 1
                time.sleep(self._every_s)
