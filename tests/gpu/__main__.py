"""``make test-gpu``: the tests that need a GPU, or one sentence where there is none."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aanad.adapters.nvml import pynvml
from aanad.adapters.nvml_session import NvmlFailure, NvmlSession


def main() -> int:
    """The exit status."""
    session = NvmlSession(pynvml)
    try:
        found = session.read(datetime.now(UTC))
    except NvmlFailure as failure:
        print(f"make test-gpu needs a GPU: {failure.message} {failure.hint}".rstrip(), file=sys.stderr)
        return 1
    finally:
        session.close()
    if not found:
        print("make test-gpu needs a GPU: the NVIDIA driver knows none.", file=sys.stderr)
        return 1
    return int(pytest.main(["-q", "-m", "gpu", "-p", "no:randomly", str(Path(__file__).parent)]))


if __name__ == "__main__":
    sys.exit(main())
