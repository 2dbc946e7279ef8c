"""What the tutorial promises those who come from the original SDK."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


def test_every_import_of_the_table_works() -> None:
    """Each name of its second column can be imported as it is written there."""
    imports = re.findall(r"^\|[^|]+\| `(from aanad\.[^`]+)` \|", PAGE.read_text(), re.MULTILINE)

    assert len(imports) > 20
    program = "\n".join(imports)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
