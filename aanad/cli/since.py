"""``--since``: a time, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800}


def time_since(text: str) -> datetime:
    """``30s``, ``10m``, ``2h``, ``1d``, ``1w`` ago, or a time as ISO 8601 has it (UTC where it does not say).

    Raises:
        BadParameter: it is neither.
    """
    if found := _DURATION.fullmatch(text):
        try:
            return datetime.now(UTC) - timedelta(seconds=float(found[1]) * _SECONDS[found[2]])
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither 30s, 10m, 2h, 1d nor a time like 2026-01-31T12:00.") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
