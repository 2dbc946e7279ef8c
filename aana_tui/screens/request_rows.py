"""What the lists of requests are made of: endpoints, and what was sent or saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aana_tui.widgets.answer_view import duration_text
from aana_tui.widgets.live_table import Cell, Column, Row
from aanad.client import sanitise

if TYPE_CHECKING:
    from aana_tui.state.invocations import Sending
    from aana_tui.state.request_history import SavedRequest
    from aanad.wire.projects import Endpoint

ENDPOINT_COLUMNS = [
    Column("project", "PROJECT", 16, most=24),
    Column("endpoint", "ENDPOINT", 18, most=24),
    Column("method", "", 4, rank=2),
    Column("path", "PATH", 20, rank=1),
    Column("answer", "ANSWER", 24, rank=3, most=48),
    Column("summary", "SUMMARY", 26, most=60),
]
SENT_COLUMNS = [
    Column("case", "CASE", 8, most=20),
    Column("at", "WHEN", 19, rank=2),
    Column("project", "PROJECT", 12, most=18),
    Column("endpoint", "ENDPOINT", 10, most=18),
    Column("outcome", "OUTCOME", 9),
    Column("time", "TIME", 8, right=True, rank=1),
    Column("request", "REQUEST", 24, most=100),
]


def endpoint_row(project: str, name: str, path: str, known: Endpoint | None) -> Row:
    """An endpoint in the list; what is not known of it yet is left blank."""
    kinds = ", ".join(_short(kind) for kind in known.media_types) if known is not None else ""
    answer = f"stream {kinds}" if known is not None and known.streaming else kinds
    cells = (project, name, "POST", path, answer, known.summary if known is not None else "")
    return Row(f"{project}/{name}", tuple(Cell(sanitise(text)) for text in cells))


def sent_key(at: int, request: SavedRequest) -> str:
    """Which request a row is."""
    return f"{at} {request.at}"


def sent_row(at: int, request: SavedRequest) -> Row:
    """A request that was sent or saved."""
    outcome = request.outcome
    tone = "good" if outcome.startswith("2") else "bad" if outcome.startswith(("4", "5")) else "warn"
    files = "".join(f" {name}=@{path}" for name, path in request.files)
    cells = (
        Cell(sanitise(request.name), "accent"),
        Cell(sanitise(request.at[:19].replace("T", " "))),
        Cell(sanitise(request.project)),
        Cell(sanitise(request.endpoint)),
        Cell(sanitise(outcome), tone),
        Cell(duration_text(request.total_s) if request.total_s is not None else ""),
        Cell(sanitise(request.text[:200] + files)),
    )
    return Row(sent_key(at, request), cells)


def suggested_name(sending: Sending) -> str:
    """What an answer may be called where it is saved."""
    progress = sending.progress
    if progress.filename:
        return "".join(one for one in sanitise(progress.filename) if one.isprintable() and one != "/")
    kind = progress.media_type.partition(";")[0].strip().lower()
    return f"{sending.endpoint}{_SUFFIXES.get(kind) or _suffix(kind)}"


_SUFFIXES = {
    "application/x-ndjson": ".ndjson",
    "text/event-stream": ".txt",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "image/webp": ".webp",
}


def _suffix(kind: str) -> str:
    import mimetypes

    return mimetypes.guess_extension(kind) or ".bin"


def _short(media_type: str) -> str:
    """``json`` for ``application/json``: what tells one from another, in a narrow column."""
    return media_type.removeprefix("application/").removeprefix("x-")
