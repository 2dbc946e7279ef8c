"""What differs between two revisions of a project."""

from __future__ import annotations

from typing import Literal

from aanad.wire.base import WireModel
from aanad.wire.plan import Change


class FileDiff(WireModel):
    """One file that differs."""

    path: str
    """Inside the project's folder."""
    change: Literal["added", "changed", "removed"]
    binary: bool = False
    """Whether it is no text, or too large to be compared by lines."""
    lines: list[str] = []
    """A unified diff of a text file, without line ends."""


class RevisionDiff(WireModel):
    """From one revision to another."""

    project: str
    before: str
    after: str
    files: list[FileDiff] = []
    settings: list[Change] = []
    """What ``project.toml``, the deployments and the endpoints say differently."""
