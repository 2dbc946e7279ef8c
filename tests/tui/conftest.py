"""What tests of the console share."""

from __future__ import annotations

import pytest

from aana_tui.demo.box import SimulatedBox
from tests.tui.snapshots import Snapshots


@pytest.fixture
def box() -> SimulatedBox:
    """The same box each time."""
    return SimulatedBox()


@pytest.fixture
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    """Compares screens with stored ones; stores them with ``--update-snapshots``."""
    return Snapshots(is_updating=request.config.getoption("--update-snapshots"))
