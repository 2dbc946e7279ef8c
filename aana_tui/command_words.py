"""The grammar of the ``:`` line: ``replicas whisper /err @gpu2``. It only reads; nothing is done here."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FILTER = re.compile(r"(?:^|\s)/(?P<filter>.*?)(?=\s+@\S+\s*$|$)")
_DAEMON = re.compile(r"(?:^|\s)@(?P<daemon>\S*)\s*$")


@dataclass(frozen=True)
class Words:
    """What was typed, in its parts."""

    first: str = ""
    """The view or the action; empty where only a filter or a daemon was given."""
    rest: str = ""
    """All that follows it, as it was typed: an action's argument."""
    targets: tuple[str, ...] = ()
    """For a view: project, deployment, replica."""
    filter: str | None = None
    """For a view; empty takes the filter away."""
    daemon: str | None = None
    """For a view: a context's name or URL."""


def parse(text: str) -> Words:
    """Take a line apart; a leading colon, as people write it in notes, is no part of it."""
    text = text.strip().removeprefix(":").strip()
    first, _, rest = text.partition(" ")
    if first.startswith(("/", "@")):
        first, rest = "", text
    left, daemon, filter_ = rest, None, None
    if found := _DAEMON.search(left):
        daemon, left = found["daemon"], left[: found.start()]
    if found := _FILTER.search(left):
        filter_, left = found["filter"].strip(), left[: found.start()]
    return Words(first, rest.strip(), tuple(left.split()), filter_, daemon)
