"""One daemon and one Ray head serve every end-to-end test; each test uses projects of names of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.box import Box, running_box


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """The box of the whole session."""
    # Ray hands out GPUs, whatever the machine has: who holds them is seen without any. And projects that a test has
    # left running hold the shares of more CPUs than a small machine has.
    with running_box(AANA_RAY__NUM_CPUS="6", AANA_RAY__NUM_GPUS="3") as box:
        yield box
