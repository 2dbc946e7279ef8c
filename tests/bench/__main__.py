"""Prints the figures that the project holds itself to: ``make bench``."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.bench import console, daemon, fleet, gpus, images, log_lines, many_projects, watchers
from tests.e2e.box import REPOSITORY, TEST_PROJECTS, Box


def main() -> None:
    """Measure on a box of our own, and clean it up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the box is cleaned up then too
    watchers.report()
    console.report()
    many_projects.report()
    box = Box()
    try:
        gpus.report()
        daemon.report(box)
        log_lines.report(box)
        box.ok("deploy", TEST_PROJECTS / "playground")
        program = REPOSITORY / "tests" / "bench" / "throughput.py"
        subprocess.run([sys.executable, program, "--ours", box.serve_url], check=False)
        images.report(box)
        fleet.report(box)
    finally:
        box.clean_up()


if __name__ == "__main__":
    main()
