"""The last hour of quantities as a table of sparklines: of GPUs, and of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from aanad.cli.tables import print_json, print_table, size, sparkline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aanad.cli.session import Session
    from aanad.wire.hardware import History

    Function = TypeVar("Function", bound=Callable[..., object])

HISTORY_WIDTH = 48
_UNITS = {"utilization_percent": "%", "cpu_percent": "%", "temperature_c": "°C", "power_w": "W"}
_FULL = {"utilization_percent": 100.0, "cpu_percent": 100.0, "temperature_c": 100.0}
"""What a sparkline's full height stands for; the highest value where nothing is said."""


def history_option(function: Function) -> Function:
    """Add ``--history`` to a verb."""
    return click.option("--history", "shows_history", is_flag=True, help="The last hour instead of now.")(function)


def show_history(session: Session, history: History, *, empty: str) -> None:
    """Print it; the GPU's index is a column where there are GPUs."""
    if session.is_json:
        print_json(history)
        return
    of_gpus = any(series.gpu is not None for series in history.series)
    print_table(
        [*(["GPU"] if of_gpus else []), "NODE", "QUANTITY", "LAST HOUR", "HIGHEST"],
        [
            [
                *([str(series.gpu)] if of_gpus else []),
                series.node,
                series.metric,
                sparkline(series.mean, _FULL.get(series.metric)),
                _highest(series.metric, series.max),
            ]
            for series in history.series
        ],
        empty=empty,
    )


def _highest(metric: str, values: Sequence[float | None]) -> str:
    highest = max((value for value in values if value is not None), default=None)
    if highest is None:
        return "-"
    return size(int(highest)) if metric.endswith("_bytes") else f"{highest:.0f} {_UNITS.get(metric, '')}".rstrip()
