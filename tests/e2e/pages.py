"""Pages of the documentation as what they are to a reader: files to write and commands to run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.e2e.box import BIN, REPOSITORY, Box

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+/?\S+\.(?:py|toml))\n")


def blocks(page: str) -> list[tuple[str, str]]:
    """The code blocks of a page: their language and text."""
    return BLOCK.findall((REPOSITORY / page).read_text())


def announced_file(text: str) -> str | None:
    """The path that a block's first line says it is the file of."""
    found = FILE.match(text)
    return found[1] if found else None


def run(box: Box, folder: Path, line: str) -> str:
    """Run a line as a reader would, on this box's port; a following command is ended once it said something."""
    line = line.split("  #", maxsplit=1)[0].strip().replace("127.0.0.1:8000", f"127.0.0.1:{box.serve_port}")
    following = re.search(r"^aana (logs|events) .*-f|^aana (logs|events) -f", line) is not None
    command = f"timeout 5 {line}" if following else line
    environment = box.environment | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode in ({0, 124} if following else {0}), f"{line}\n{done.stdout}{done.stderr}{box.log_tail()}"
    return done.stdout
