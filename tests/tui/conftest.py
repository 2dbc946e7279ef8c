"""What tests of the console share."""

from __future__ import annotations

import pytest

from aana_tui.demo.box import SimulatedBox


@pytest.fixture
def box() -> SimulatedBox:
    """The same box each time."""
    return SimulatedBox()
