"""What every test stands on: model libraries that find the tiny models, and nothing else, wherever they look."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

REPOSITORY = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-snapshots``: the console's screens as they are now are what they should be."""
    parser.addoption("--update-snapshots", action="store_true", help="store the console's screens as they are now")


def pytest_configure(config: pytest.Config) -> None:
    """Point the model libraries at the tiny models' folder: they read the variables once, when they are imported."""
    assert config.cache is not None
    made_of = [*sorted((REPOSITORY / "tests" / "tiny_models").glob("*.py")), REPOSITORY / "constraints.txt"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()
    folder = config.cache.mkdir("tiny-models") / digest[:12]
    os.environ |= {"HF_HOME": str(folder), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


@pytest.fixture(scope="session")
def hf_home() -> Path:
    """The folder with the tiny models under the ids of the real ones; made once, and again where they changed."""
    folder = Path(os.environ["HF_HOME"])
    with FileLock(f"{folder}.lock"):  # tests may run in several processes
        if not (folder / "hub").is_dir():
            _make_models(folder)
    return folder


def _make_models(folder: Path) -> None:
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    environment = {name: value for name, value in os.environ.items() if name != "HF_HOME"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.tiny_models", made],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)
