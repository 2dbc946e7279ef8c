"""Requests that go on while something is killed, and what their clients saw."""

from __future__ import annotations

import threading
import time
from collections import Counter
from itertools import pairwise
from typing import NamedTuple, Self

import httpx

CLIENT_LIMIT_S = 30.0
"""Requests are held while replicas change, so a client that gives up sooner would count its own impatience."""


class Sent(NamedTuple):
    """One request: when it was sent, when its client knew the outcome, and that."""

    began: float
    ended: float
    outcome: str


class Traffic:
    """A few clients, each sending one request after the other."""

    def __init__(self, url: str, body: object, *, clients: int = 2, every_s: float = 0.01) -> None:
        self.sent: list[Sent] = []
        self._url = url
        self._body = body
        self._every_s = every_s
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * CLIENT_LIMIT_S)

    @property
    def failures(self) -> dict[str, int]:
        """Everything but 200, by what it was."""
        return dict(Counter(sent.outcome for sent in self.sent if sent.outcome != "200"))

    def answered(self) -> int:
        """How many requests were answered with 200."""
        return sum(sent.outcome == "200" for sent in self.sent)

    def longest_wait_s(self) -> float:
        """The longest that any client waited for an outcome, whatever it was."""
        return max((sent.ended - sent.began for sent in self.sent), default=0.0)

    def longest_outage_s(self) -> float:
        """The longest time in which no client got an answer."""
        answers = sorted(sent.ended for sent in self.sent if sent.outcome == "200")
        return max((later - earlier for earlier, later in pairwise(answers)), default=0.0)

    def _run(self) -> None:
        with httpx.Client(timeout=CLIENT_LIMIT_S) as client:
            while not self._stop.is_set():
                began = time.monotonic()
                try:
                    outcome = str(client.post(self._url, json=self._body).status_code)
                except httpx.HTTPError as error:
                    outcome = type(error).__name__
                self.sent.append(Sent(began, time.monotonic(), outcome))
                time.sleep(self._every_s)
