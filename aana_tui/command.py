"""The ``aana-tui`` command: what is given is read, and the daemon's address found, before Textual is loaded."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from aanad import __version__
from aanad.errors import AanaError

if TYPE_CHECKING:
    from typing import NoReturn

FAILED = 1
USAGE = 2
EPILOG = """\
The daemon is that of --context, else of AANA_CONTEXT, else this machine's, else the one that
`aana context use` named. A context is a saved name, unix:///path/to/aanad.sock,
https://host[:port] or ssh://[user@]host[:port][/path/to/aanad.sock].
Over a connection that may break, run it in tmux."""

SWITCH_S = 0.0005


def main() -> None:
    """Run the console."""
    arguments = _parser().parse_args()
    if arguments.mono:
        os.environ["NO_COLOR"] = "1"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _end("The console needs a terminal.", "`aana ps`, `aana logs` and `aana events` do without one.", USAGE)
    try:
        run(arguments.context, demo=arguments.demo, read_only=arguments.read_only)
    except AanaError as error:
        _end(error.message, error.hint, USAGE if arguments.context else FAILED)


def run(context: str | None = None, *, demo: bool = False, read_only: bool = False) -> None:
    """Run the console on a daemon, or on a simulated box.

    Raises:
        AanaError: a context that cannot be used.
    """
    if demo:
        from aana_tui.demo.session import demo_session

        session = demo_session()
    else:
        from aana_tui.session import session_of

        session = session_of(context, read_only=read_only)
    from aana_tui import lifecycle, mouse
    from aana_tui.app import Console
    from aana_tui.keymap import read_keymap

    # Threads read streams; none may keep the one that paints waiting for long.
    sys.setswitchinterval(SWITCH_S)
    sys.exit(lifecycle.run(Console(session, read_keymap()), mouse=mouse.is_wanted()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aana-tui",
        description="The console of aanad: see and steer what runs on a box.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--context", metavar="NAME|URL", help="the daemon: a saved name, unix://, https:// or ssh://")
    parser.add_argument("--read-only", action="store_true", help="look only: the daemon is asked to change nothing")
    parser.add_argument("--demo", action="store_true", help="a simulated box, without a daemon")
    parser.add_argument("--mono", action="store_true", help="no colours; the same as NO_COLOR=1")
    parser.add_argument("--version", action="version", version=f"aana-tui {__version__}")
    return parser


def _end(message: str, hint: str | None, code: int) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201
    if hint:
        print(f"hint: {hint}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
