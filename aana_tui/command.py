"""The ``aana-tui`` command: what is given is read before Textual is loaded."""

from __future__ import annotations

import argparse
import os
import sys

from aanad.errors import AanaError


def main() -> None:
    """Run the console."""
    parser = argparse.ArgumentParser(prog="aana-tui", description="The console of aanad.")
    parser.add_argument("--context", metavar="NAME|URL", help="the daemon: a saved name, unix://, https:// or ssh://")
    parser.add_argument("--demo", action="store_true", help="a simulated box, without a daemon")
    parser.add_argument("--mono", action="store_true", help="no colours; the same as NO_COLOR=1")
    arguments = parser.parse_args()
    if arguments.mono:
        os.environ["NO_COLOR"] = "1"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.exit("error: The console needs a terminal.\nhint: `aana ps`, `aana logs` and `aana events` do without one.")
    try:
        run(arguments.context, demo=arguments.demo)
    except AanaError as error:
        sys.exit(f"error: {error.message}\nhint: {error.hint}")


def run(context: str | None, *, demo: bool = False) -> None:
    """Run the console on a daemon."""
    if demo:
        from aana_tui.demo.session import demo_session

        session = demo_session()
    else:
        from aana_tui.session import session_of

        session = session_of(context)
    from aana_tui import lifecycle, mouse
    from aana_tui.app import Console
    from aana_tui.keymap import read_keymap

    sys.exit(lifecycle.run(Console(session, read_keymap()), mouse=mouse.is_wanted()))
