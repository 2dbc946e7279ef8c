"""docs/observing.md shows what its commands print."""

from __future__ import annotations

import pytest

from tests.e2e.observing_page import difference, observed, observed_box

pytestmark = pytest.mark.e2e


def test_each_command_prints_what_the_page_shows() -> None:
    """On a box of its own, in the page's order; times, ids and numbers may differ, words and lines may not.

    Where a command's output has changed, `python -m tests.e2e.observing_page --write` writes the page anew.
    """
    with observed_box() as box:
        shown = observed(box)

    assert [difference(each) for each in shown if not each.is_as_shown] == []
    assert len(shown) > 10
