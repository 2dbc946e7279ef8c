"""Reading again and again, and showing it: in place on a terminal, one after the other elsewhere, a JSON object a line.

What is followed outlives its daemon: where the link is lost this says for how long, and goes on when it is back.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from aanad.cli.outcomes import report
from aanad.cli.tables import is_coloured, print_json, print_table, table_lines
from aanad.client.terminal import sanitise
from aanad.errors import AanaError, TimedOut, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel

    from aanad.cli.screen import Screen, Size
    from aanad.cli.session import Session

Reading = TypeVar("Reading")
Item = TypeVar("Item", bound="BaseModel")
Function = TypeVar("Function", bound="Callable[..., Any]")

DEFAULT_DELAY_S = 2.0
_LATE_S = 2.0
"""Beyond the delay: an answer that takes longer is said to be missing."""


@dataclass(frozen=True)
class Table(Generic[Item]):
    """How a list of models is shown to people."""

    titles: Sequence[str]
    row: Callable[[Item], Sequence[str]]
    """The cells of one of them, as they came."""
    empty: str | Callable[[], str]
    """What is said where there are none."""

    def said_of_none(self) -> str:
        """What is said where there are none."""
        return self.empty if isinstance(self.empty, str) else self.empty()


def delay_option(function: Function) -> Function:
    """Add ``--delay`` to a verb."""
    return click.option(
        "-d",
        "--delay",
        "delay_s",
        type=click.FloatRange(min=0.1),
        default=DEFAULT_DELAY_S,
        show_default=True,
        metavar="SECONDS",
        help="How long from one reading to the next.",
    )(function)


def follow_options(function: Function) -> Function:
    """Add ``--follow`` and ``--delay`` to a verb that shows a table."""
    function = delay_option(function)
    return click.option(
        "-f",
        "--follow",
        is_flag=True,
        help="Go on until q or Ctrl-C: a fresh table each time; with -o json the list on one line.",
    )(function)


def show_table(
    session: Session, read: Callable[[], list[Item]], table: Table[Item], *, follow: bool, delay_s: float
) -> None:
    """Show a list once, or follow it."""
    if follow:
        follow_table(session, read, table, delay_s=delay_s)
        return
    listed = read()
    if session.is_json:
        print_json(listed)
    else:
        print_table(
            table.titles, [table.row(item) for item in listed], empty=table.said_of_none() if not listed else ""
        )


def follow_table(session: Session, read: Callable[[], list[Item]], table: Table[Item], *, delay_s: float) -> None:
    """Follow a list of models as a table."""

    def lines(listed: list[Item], size: Size | None) -> list[str]:
        rows = [table.row(item) for item in listed]
        columns = size.columns if size else None
        return table_lines(table.titles, rows, columns=columns) if rows else [sanitise(table.said_of_none())]

    follow_reading(
        session,
        read,
        lines=lines,
        document=lambda listed: [item.model_dump(mode="json") for item in listed],
        delay_s=delay_s,
    )


def follow_reading(
    session: Session,
    read: Callable[[], Reading],
    *,
    lines: Callable[[Reading, Size | None], list[str]],
    document: Callable[[Reading], object],
    delay_s: float,
    iterations: int | None = None,
    batch: bool = False,
) -> None:
    """Read, show, wait, and again.

    Args:
        session: which output.
        read: asks the daemon; may take its time.
        lines: a reading as harmless texts; the size is None where it is no screen that shows them.
        document: a reading as JSON.
        delay_s: from one reading to the next.
        iterations: how many readings to show; without limit where not given.
        batch: one after the other on a terminal too.

    Raises:
        AanaError: the first reading failed, or a later one for another reason than that the link is lost.
    """
    first = read()
    if session.is_json or batch or iterations == 1 or not is_screen():
        _print_all(session, first, read, lines, document, delay_s, iterations)
        return
    reader = _Reader(read, first, delay_s)
    if (last := _paint_all(reader, lines, delay_s, iterations)) is not None:
        # The screen is gone with all that was on it; who asked for so many readings wants to keep the last one.
        click.echo("\n".join(last))


def is_screen() -> bool:
    """Whether standard output can be painted in place."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in {"", "dumb"}


def _print_all(
    session: Session,
    reading: Reading,
    read: Callable[[], Reading],
    lines: Callable[[Reading, Size | None], list[str]],
    document: Callable[[Reading], object],
    delay_s: float,
    iterations: int | None,
) -> None:
    shown = 0
    is_lost = False
    while True:
        if session.is_json:
            click.echo(json.dumps(document(reading)))
        else:
            click.echo("\n".join([*([""] if shown else []), *lines(reading, None)]))
        shown += 1
        if shown == iterations:
            return
        while True:
            time.sleep(delay_s)
            try:
                reading = read()
            except (Unavailable, TimedOut) as error:
                if not is_lost:
                    report(error, as_json=session.is_json)
                is_lost = True
            else:
                break
        if is_lost and not session.is_json:
            click.echo("The daemon is back.", err=True)
        is_lost = False


def _paint_all(
    reader: _Reader[Reading],
    lines: Callable[[Reading, Size | None], list[str]],
    delay_s: float,
    iterations: int | None,
) -> list[str] | None:
    from aanad.cli.screen import Screen

    with Screen() as screen:
        reader.begin(screen)
        while True:
            now = reader.now
            if now.ended_by is not None:
                raise now.ended_by
            missing_s = time.monotonic() - now.read_at
            is_lost = now.lost is not None or missing_s > delay_s + _LATE_S
            size = screen.size
            notice = [_notice(now.lost, missing_s)] if is_lost else []
            room = size._replace(rows=size.rows - len(notice))
            screen.paint([*notice, *_fitting(lines(now.reading, room), room.rows)])
            if now.count == iterations:
                return lines(now.reading, None)
            # The seconds of a lost link count on; else nothing changes before the next reading.
            if screen.wait(1.0 if is_lost else delay_s + _LATE_S):
                return None


def _fitting(lines: list[str], rows: int) -> list[str]:
    if len(lines) <= rows:
        return lines
    return [*lines[: rows - 1], f"… {len(lines) - rows + 1} more lines"]


def _notice(error: AanaError | None, missing_s: float) -> str:
    said = error.message if error else "The daemon does not answer."
    text = sanitise(f"No news for {missing_s:.0f} s, below is what was known then. {said}")
    return click.style(text, fg="red", bold=True) if is_coloured() else text


@dataclass(frozen=True)
class _Known(Generic[Reading]):
    reading: Reading
    read_at: float = field(default_factory=time.monotonic)
    count: int = 1
    lost: AanaError | None = None
    ended_by: BaseException | None = None


class _Reader(Generic[Reading]):
    """Reads beside the screen, so that a daemon that takes its time holds up no key."""

    def __init__(self, read: Callable[[], Reading], first: Reading, delay_s: float) -> None:
        self._read = read
        self._delay_s = delay_s
        self.now: _Known[Reading] = _Known(first)

    def begin(self, screen: Screen) -> None:
        """Read until the command ends, and wake the screen after each reading."""
        threading.Thread(target=self._run, args=(screen,), daemon=True, name="reader").start()

    def _run(self, screen: Screen) -> None:
        while self.now.ended_by is None:
            time.sleep(self._delay_s)
            known = self.now
            try:
                self.now = _Known(self._read(), count=known.count + 1)
            except (Unavailable, TimedOut) as error:
                self.now = _Known(known.reading, known.read_at, known.count, lost=error)
            except BaseException as error:  # noqa: BLE001 - raised again where the screen is
                self.now = _Known(known.reading, known.read_at, known.count, ended_by=error)
            screen.wake()
