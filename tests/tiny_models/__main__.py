"""``python -m tests.tiny_models FOLDER`` makes FOLDER an ``HF_HOME`` with every tiny model."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.tiny_models.hub import make_hf_home

make_hf_home(Path(sys.argv[1]))
