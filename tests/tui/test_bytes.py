"""What the console writes to its terminal: a slow link is why these are tests and not figures."""

from __future__ import annotations

import pytest

from tests.tui import byte_costs
from tests.tui.byte_costs import LARGE, SMALL, Size

KIB = 1024
sizes = pytest.mark.parametrize("size", [LARGE, SMALL], ids=["120x40", "80x24"])


@sizes
def test_a_box_at_rest_costs_nothing(size: Size) -> None:
    """No clock, no blinking, no spinner: while nothing changes, not a byte is written, in no view."""
    costs = byte_costs.at_rest(size)

    assert set(costs.values()) == {0}, costs


@sizes
def test_a_busy_box_costs_little(size: Size) -> None:
    """Eight GPUs and fifty replicas that all change each second: at most 3 KiB a second, whichever view is seen."""
    costs = byte_costs.busy_second(size)

    assert max(costs.values()) <= 3 * KIB, costs
    assert min(costs["replicas"], costs["gpus"]) > 0, "nothing was seen to change"


@sizes
def test_a_followed_log_costs_what_a_link_can_carry(size: Size) -> None:
    """A thousand lines a second: at most 40 KiB a second reach the terminal."""
    cost = byte_costs.followed_log(size)

    assert 0 < cost <= 40 * KIB


@sizes
def test_a_page_costs_a_page(size: Size) -> None:
    """At most 15 KiB for a page down or up, of a table or of logs: nothing is animated."""
    costs = byte_costs.pages(size)

    assert max(costs.values()) <= 15 * KIB, costs
