"""Numbers and times as people read them, rounded so that small changes need no repaint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = "–"  # noqa: RUF001 - the sign for what is not there, in every table
LONGEST = 300
"""Characters of a remote text that a cell keeps; more is never seen."""
_LADDER = ((86_400, "d"), (3_600, "h"), (60, "m"))


def wall_clock() -> datetime:
    """The time of day that ages are told by."""
    return datetime.now(UTC)


def age(since: datetime | None) -> str:
    """How long ago in the largest unit that fits, no seconds: they would be painted anew each second."""
    if since is None:
        return NOTHING
    seconds = (wall_clock() - since).total_seconds()
    for length, unit in _LADDER:
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return "<1m"


def clock_time(at: datetime) -> str:
    """A time of day as the terminal's user has it."""
    return f"{at.astimezone():%H:%M:%S}"


def day_and_time(at: datetime) -> str:
    """A date and a time as the terminal's user has them."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def size(count: int | None) -> str:
    """Bytes: ``512M``, ``9.1G``; whole mebibytes, and gibibytes with one digit below a hundred."""
    if count is None:
        return NOTHING
    mebibytes = count / 2**20
    if mebibytes < 1:
        return "0M" if count == 0 else "<1M"
    if mebibytes < 1_000:  # noqa: PLR2004 - three digits
        return f"{mebibytes:.0f}M"
    gibibytes = mebibytes / 1_024
    return f"{gibibytes:.1f}G" if gibibytes < 100 else f"{gibibytes:.0f}G"  # noqa: PLR2004 - three digits


def milliseconds(value: float | None) -> str:
    """A duration with two digits: ``7.4 ms``, ``210 ms``, ``1.2 s``."""
    if value is None:
        return NOTHING
    seconds = float(f"{value / 1000:.2g}")
    if seconds >= 1:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 - two digits
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"  # noqa: PLR2004 - two digits


def rate(value: float | None) -> str:
    """How many a second, with two digits."""
    if value is None or value == 0:
        return NOTHING if value is None else "0"
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"  # noqa: PLR2004 - two digits


def indexes(gpus: Iterable[int]) -> str:
    """GPUs as ranges: ``0-3,6``."""
    runs: list[list[int]] = []
    for index in sorted(set(gpus)):
        if runs and runs[-1][1] == index - 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs) or NOTHING


def clean(text: str | None) -> str:
    """A remote text as a cell takes it: harmless, one line, not endless; a dash where there is none."""
    from aanad.client import sanitise

    return sanitise(text[:LONGEST]) if text else NOTHING


def clean_lines(lines: Sequence[str], last: int) -> list[str]:
    """The last of these remote lines, harmless."""
    from aanad.client import sanitise

    return [sanitise(line[:2_000].rstrip()) for line in lines[-last:]]
