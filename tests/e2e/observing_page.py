"""docs/observing.md against a box.

`python -m tests.e2e.observing_page` says what differs; with `--write` it writes into the page what was printed.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.box import REPOSITORY, Box, running_box
from tests.e2e.page_outputs import Shown, normalised, rewritten, run_page

PAGE = REPOSITORY / "docs" / "observing.md"
TRACED_GPUS = REPOSITORY / "tests" / "e2e" / "traced_gpus"


@contextmanager
def observed_box() -> Iterator[Box]:
    """A box with two GPUs whose measurements are a recorded trace: so the page is the same wherever it is written."""
    with running_box(AANA_RAY__NUM_GPUS="2", PYTHONPATH=f"{TRACED_GPUS}:{REPOSITORY}") as box:
        yield box


def observed(box: Box) -> list[Shown]:
    """Each command of the page with what it prints on this box."""
    return run_page(box, PAGE.read_text())


def difference(shown: Shown) -> str:
    """What the page says and what is so."""
    lines = difflib.unified_diff(
        normalised(shown.page or ""), normalised(shown.printed), "docs/observing.md", "printed", lineterm="", n=1
    )
    return "\n".join([f"$ {shown.command.strip()}", *lines, "", shown.printed])


def main() -> None:
    """Compare, or write."""
    with observed_box() as box:
        shown = observed(box)
    if "--write" in sys.argv:
        PAGE.write_text(rewritten(PAGE.read_text(), shown))
        return
    differences = [difference(each) for each in shown if not each.is_as_shown]
    print("\n".join(differences) or f"{len(shown)} commands: the page is as they print.")
    raise SystemExit(bool(differences))


if __name__ == "__main__":
    main()
