"""``aanad ray``: run the Ray unit in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from typing import TYPE_CHECKING

from aanad import log_output
from aanad.cluster import unit
from aanad.cluster.folders import Folders, ensure_token
from aanad.errors import AanaError
from aanad.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

EXIT_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the unit; the exit status says how it went."""
    given = _parse(arguments)
    try:
        settings = load_settings()
        log_output.to_standard_error(settings.log)
        folders = Folders(settings)
        folders.make_roots()
        lock = folders.lock()  # noqa: F841 - held for as long as the process lives
        log_output.to_file(settings.ray_log_path, settings.log, mode=log_output.GROUP_READS)
        if given.quiet:
            log_output.to_file_alone()
        folders.make()
        if not given.reader_only:
            ensure_token(settings.ray_token_path, may_make=given.join is None)
        asyncio.run(unit.run(settings, folders, joins=given.join, reads_only=given.reader_only))
    except AanaError as error:
        log_output.note_end(error)
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201 - this is the command's output
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="aanad ray", description="Run the Ray unit: a Ray head, supervised, and the reader of projects."
    )
    parser.add_argument("--quiet", action="store_true", help="log to the file alone, not to standard error too")
    role = parser.add_mutually_exclusive_group()
    role.add_argument("--reader-only", action="store_true", help="read projects, and run no Ray at all")
    role.add_argument("--join", metavar="HOST:PORT", type=_address, help="join the head there instead of being one")
    return parser.parse_args(arguments)


def _address(text: str) -> str:
    if not re.fullmatch(r"[^\s:]+:\d{1,5}|\[[0-9a-fA-F:.]+\]:\d{1,5}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT")
    return text


if __name__ == "__main__":
    sys.exit(main())
