"""Graphs as text."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from aana_tui.widgets.braille import graph, level, meter, sparkline


def test_two_values_share_a_cell_and_the_newest_is_at_the_right() -> None:
    """A full and an idle value; what came before them is blank."""
    assert sparkline([100, 0], 100, 2) == "⠀⣇"
    assert sparkline([0, 0, 0, 100], 100, 2) == "⣀⣸"


def test_what_was_not_measured_is_blank_and_idle_is_not() -> None:
    """An operator can tell a GPU that rests from one of which nothing is known."""
    assert sparkline([None, None, 0, 0], 100, 2) == "⠀⣀"
    assert sparkline([float("nan"), float("nan")], 100, 1) == "⠀"


def test_older_values_than_there_is_room_for_are_left_out() -> None:
    """Only the last ones are shown."""
    assert sparkline([100, 100, 0, 0], 100, 1) == "⣀"


@pytest.mark.parametrize("width", [0, 1, 7, 80])
@pytest.mark.parametrize("count", [0, 1, 13, 500])
def test_a_graph_is_as_wide_as_asked_for(width: int, count: int) -> None:
    """Whatever there is to show, so that what stands beside it stays where it is."""
    lines = graph([float(index) for index in range(count)], 500, width, 3)

    assert [cell_len(line) for line in lines] == [width] * 3


def test_a_graph_of_several_lines_fills_from_the_bottom() -> None:
    """Half of two lines is the lower one."""
    assert graph([50, 50], 100, 1, 2) == ["⠀", "⣿"]
    assert graph([100, 100], 100, 1, 2) == ["⣿", "⣿"]


@pytest.mark.parametrize(("value", "expected"), [(-5, 1), (0, 1), (12, 1), (50, 2), (100, 4), (400, 4), (None, 0)])
def test_values_beyond_the_scale_stay_in_it(value: float | None, expected: int) -> None:
    """A wrong reading draws nothing outside of its cell."""
    assert level(value, 100, 4) == expected


def test_a_quantity_without_a_scale_is_drawn_at_the_bottom() -> None:
    """Memory of a GPU whose size is not known."""
    assert sparkline([7, 7], 0, 1) == "⣀"


def test_a_meter_is_full_at_the_top_and_empty_at_nothing() -> None:
    """Half cells count."""
    assert meter(0, 100, 4) == "⣀⣀⣀⣀"
    assert meter(100, 100, 4) == "⣿⣿⣿⣿"
    assert meter(40, 100, 4) == "⣿⡇⣀⣀"
    assert meter(None, 100, 2) == "⣀⣀"
