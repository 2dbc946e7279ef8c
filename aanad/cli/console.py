"""The way from the command to the console."""

from __future__ import annotations

import os
import sys

import click

from aanad.cli.session import Session, pass_session, session_options


@click.command()
@click.option("--read-only", "is_read_only", is_flag=True, help="Look only: the daemon is asked to change nothing.")
@session_options
@pass_session
def tui(session: Session, *, is_read_only: bool) -> None:
    """Open the console."""
    # In place of this process and not imported: the command stays a client of the daemon and of nothing else.
    arguments = [sys.executable, "-P", "-m", "aana_tui"]
    if session.context:
        arguments += ["--context", session.context]
    if is_read_only:
        arguments.append("--read-only")
    os.execv(sys.executable, arguments)  # noqa: S606 - ourselves, without a shell
