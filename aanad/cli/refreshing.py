"""Showing something again and again: in place on a terminal, one after another elsewhere, a line each as JSON."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aanad.cli.tables import print_json, print_json_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel

    from aanad.cli.session import Session

Function = TypeVar("Function", bound="Callable[..., Any]")
Item = TypeVar("Item", bound="BaseModel")
_HOME_AND_CLEAR = "\x1b[H\x1b[2J"


def follow_options(function: Function) -> Function:
    """Add ``--follow`` and ``--interval``."""
    function = click.option(
        "--interval",
        type=click.FloatRange(0.5, 3600),
        default=2.0,
        show_default=True,
        help="Seconds from one to the next, with -f.",
    )(function)
    return click.option("-f", "--follow", is_flag=True, help="Show it again and again until Ctrl-C.")(function)


def show(
    session: Session,
    read: Callable[[], Sequence[Item]],
    draw: Callable[[Sequence[Item]], None],
    *,
    follow: bool,
    interval: float,
) -> None:
    """Show what `read` gives, once or until it is interrupted.

    Args:
        session: says whether it is for a program: then it is JSON, and following one item a line.
        read: asks the daemon.
        draw: prints for people.
        follow: whether to go on.
        interval: seconds between two readings.
    """
    while True:
        found = read()
        if session.is_json:
            if not follow:
                print_json(list(found))
            for item in found if follow else ():
                print_json_line(item)
        else:
            if follow and sys.stdout.isatty():
                click.echo(_HOME_AND_CLEAR, nl=False)
            draw(found)
        if not follow:
            return
        sys.stdout.flush()
        time.sleep(interval)
