"""The hour of samples: what was put in comes out at any width, and memory does not grow."""

from __future__ import annotations

import pytest

from aanad.core.sample_history import SECONDS, SampleHistory, SeriesKey

KEY = SeriesKey("box", 0, "power_w")


def filled(values: dict[int, float | None], *, covers: int = 1) -> SampleHistory:
    """Values by second."""
    history = SampleHistory()
    for second, value in values.items():
        history.put(KEY, second, value, covers=covers)
    return history


def test_mean_and_highest_of_each_step() -> None:
    """Equal steps that cover all seconds once; what was not measured counts for nothing."""
    history = filled({10: 1, 11: 3, 12: None, 13: 5, 14: 8, 15: 6})

    assert history.read(KEY, last=15, seconds=6, width=3) == ([2.0, 5.0, 7.0], [3.0, 5.0, 8.0])
    assert history.read(KEY, last=15, seconds=6, width=1) == ([23 / 5], [8.0])


def test_a_step_in_which_nothing_was_measured_is_none() -> None:
    """Before the first sample, in a gap, and after the last one."""
    history = filled({10: 1, 14: 2})

    mean, highest = history.read(KEY, last=16, seconds=9, width=9)

    assert mean == highest == [None, None, 1.0, None, None, None, 2.0, None, None]


def test_more_steps_than_seconds_repeat_the_second() -> None:
    """A chart with more columns than there are samples has no holes."""
    mean, _ = filled({10: 1, 11: 2}).read(KEY, last=11, seconds=2, width=4)

    assert mean == [1.0, 1.0, 2.0, 2.0]


@pytest.mark.parametrize("width", [1, 7, 60, 3599, 3600, 4000])
def test_any_width_covers_the_hour(width: int) -> None:
    """No second is left out: the highest of all is there at every width."""
    history = filled({second: float(second == 5000) for second in range(2000, 6000)})

    mean, highest = history.read(KEY, last=5999, seconds=SECONDS, width=width)

    assert len(mean) == len(highest) == width
    assert None not in mean
    assert max(value for value in highest if value is not None) == 1.0


def test_a_part_of_the_hour_across_the_seam() -> None:
    """The ring begins anew somewhere; nobody sees where."""
    history = filled({second: float(second) for second in range(9000)})

    mean, _ = history.read(KEY, last=7300, seconds=400, width=400)

    assert mean == [float(second) for second in range(6901, 7301)]


def test_what_is_older_than_an_hour_is_gone() -> None:
    """It is not shown as something newer."""
    history = filled(dict.fromkeys(range(5000), 1.0))
    history.put(KEY, 9000, 2.0)

    mean, _ = history.read(KEY, last=9000, seconds=SECONDS, width=SECONDS)

    assert (mean[-1], set(mean[:-1])) == (2.0, {None})
    assert set(history.read(KEY, last=20_000, seconds=SECONDS, width=4)[0]) == {None}


def test_a_sample_may_stand_for_several_seconds() -> None:
    """A node that reports each five seconds has no holes; a late report covers no more than it can stand for."""
    history = filled({10: 1, 15: 2, 40: 3}, covers=7)

    mean, _ = history.read(KEY, last=40, seconds=33, width=33)

    assert mean == [1.0] * 3 + [2.0] * 5 + [None] * 18 + [3.0] * 7


def test_memory_is_bounded() -> None:
    """14,400 bytes a series, however long it runs; a GPU has four of them."""
    history = SampleHistory()
    for second in range(0, 100_000, 7):
        history.put(KEY, second, 1.0)

    assert history.size_bytes == 14_400


def test_a_series_that_ended_an_hour_ago_is_dropped() -> None:
    """A node that went away takes no memory for ever."""
    history = filled({10: 1.0})
    history.put(SeriesKey("other", None, "cpu_percent"), 3000, 1.0)

    history.forget_before(3611)

    assert [key.node for key in history.series()] == ["other"]
