"""What a static graph cannot see: which modules are really loaded by the entrances that must stay light."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIGHT = {
    "import aanad": ("ray", "torch", "fastapi", "sqlalchemy", "pydantic", "httpx"),
    "import aanad.client": ("ray", "torch", "fastapi", "sqlalchemy"),
    "import aana_tui.app": ("ray", "torch", "fastapi", "sqlalchemy"),
    "import aanad.cli.main": ("ray", "torch", "fastapi", "sqlalchemy", "httpx", "rich", "textual"),
    "import aanad.daemon": ("ray", "torch", "fastapi", "sqlalchemy", "httpx", "cryptography"),
    "import aanad.sdk": ("ray", "torch", "transformers", "diffusers", "fastapi"),
    "import aanad.cluster.unit": ("ray", "torch", "sqlalchemy", "aanad.sdk"),
}


@pytest.mark.parametrize("statement", LIGHT)
def test_an_entrance_stays_light(statement: str) -> None:
    """A process that never needs a heavy library never loads it."""
    program = f"{statement}\nimport sys\nprint(','.join(sorted(m for m in {LIGHT[statement]!r} if m in sys.modules)))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    leaked = [module for module in done.stdout.strip().split(",") if module]
    assert not leaked, f"{statement!r} loads {leaked}"


def test_the_daemon_runs_without_ray() -> None:
    """All that the daemon puts together can be imported, and neither ray nor torch came with it."""
    program = """
import pkgutil, importlib, sys
for package in ("core", "adapters", "store", "api", "wire"):
    module = importlib.import_module(f"aanad.{package}")
    for found in pkgutil.walk_packages(module.__path__, module.__name__ + "."):
        if ".migrations." not in found.name:
            importlib.import_module(found.name)
print([name for name in ("ray", "torch", "aanad.sdk", "aanad.serving", "aanad.cluster") if name in sys.modules])
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
