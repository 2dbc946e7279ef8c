"""A box of its own for every module that kills."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.box import Box, running_box


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """A box that may be broken."""
    with running_box() as box:
        yield box
