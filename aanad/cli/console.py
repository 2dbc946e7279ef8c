"""The way from the command to the console."""

from __future__ import annotations

import os
import sys

import click

from aanad.cli.session import Session, pass_session, session_options


@click.command()
@session_options
@pass_session
def tui(session: Session) -> None:
    """Open the console."""
    # In place of this process and not imported: the command stays a client of the daemon and of nothing else.
    arguments = [sys.executable, "-P", "-m", "aana_tui"]
    if session.context:
        arguments += ["--context", session.context]
    os.execv(sys.executable, arguments)  # noqa: S606 - ourselves, without a shell
