"""A traceback as its author wants to read it: from the project's first frame on, with paths inside the project."""

from __future__ import annotations

import traceback
from pathlib import PurePath

MAX_LINES = 24


def author_lines(error: BaseException, project: str) -> list[str]:
    """The end of `error`'s traceback, oldest line first.

    Frames of the import system and of Aana before the project's first frame are left out, and so is everything
    that the import system adds between the author's files.
    """
    report = traceback.TracebackException.from_exception(error)
    seen: set[int] = set()
    current: traceback.TracebackException | None = report
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        current.stack = traceback.StackSummary.from_list(_author_frames(current.stack, project))
        if isinstance(current.filename if hasattr(current, "filename") else None, str):
            current.filename = _shown(current.filename or "", project)
        current = current.__cause__ or current.__context__
    lines = [line for block in report.format() for line in block.rstrip("\n").splitlines()]
    return lines[-MAX_LINES:]


def _author_frames(stack: traceback.StackSummary, project: str) -> list[traceback.FrameSummary]:
    frames = [frame for frame in stack if not frame.filename.startswith("<frozen importlib")]
    first = next((i for i, frame in enumerate(frames) if project in PurePath(frame.filename).parent.parts), None)
    if first is None:
        return []
    return [
        traceback.FrameSummary(_shown(f.filename, project), f.lineno, f.name, lookup_line=False, line=f.line)
        for f in frames[first:]
    ]


def _shown(filename: str, project: str) -> str:
    """``lowercase/app.py`` for a file of the project, the path itself otherwise."""
    parts = PurePath(filename).parts
    if project not in parts[:-1]:
        return filename
    return str(PurePath(*parts[len(parts) - 2 - parts[-2::-1].index(project) :]))
