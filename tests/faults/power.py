"""What a loss of power does to a box."""

from __future__ import annotations

import os
import shutil
import signal

from tests.e2e.box import Box, eventually


def lose_power(box: Box) -> None:
    """SIGKILL for every process, those first that would run others again; all that a reboot does not keep is removed.

    Ray's temporary folder lies in the runtime folder.
    """
    supervisor = box.unit_state()["unit"][0]
    box.kill_daemon()
    os.kill(supervisor, signal.SIGKILL)
    eventually(box.end_left_behind, within=20)
    shutil.rmtree(box.runtime_dir)
