"""The table that every view shows its rows in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip

import aana_tui
from aana_tui.tones import PHASES
from aana_tui.widgets import live_table
from aana_tui.widgets.column_layout import fit, folded, lay_out
from aana_tui.widgets.live_table import Cell, Column, LiveTable, Row, Sort

COLUMNS = [
    Column("name", "NAME", 8),
    Column("phase", "PHASE", 10),
    Column("load", "LOAD", 5, right=True, rank=1),
    Column("note", "NOTE", 30, rank=2),
]


def row(name: str, phase: str = "running", load: float | None = 1, note: str = "") -> Row:
    """A row as views make them."""
    cells = (Cell(name), Cell(phase, PHASES[phase][1]), Cell("-" if load is None else f"{load:g}"), Cell(note))
    return Row(name, cells, (name, phase, load, note), is_fault=phase == "failed")


class Tables(App[None]):
    """One table on an empty screen."""

    CSS_PATH = Path(aana_tui.__file__).parent / "styles" / "tables.tcss"

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.table = LiveTable(COLUMNS, **{"title": "Things", "empty": "There is nothing.", **options})
        self.highlighted: list[str | None] = []
        self.terminal: dict[tuple[int, int], str] = {}
        """By line and column: what was written there last; the second half of a wide character is empty."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield self.table

    def on_mount(self) -> None:
        """The keys are its."""
        self.table.focus()

    def on_live_table_highlighted(self, event: LiveTable.Highlighted) -> None:
        """What a view would hear."""
        self.highlighted.append(event.key)

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Take what is written to the terminal, as a terminal would."""
        match renderable:
            case LayoutUpdate():
                for y, strips in enumerate(renderable.strips, renderable.region.y):
                    self._write(renderable.region.x, y, Strip.join(strips))
            case ChopsUpdate():
                for y, x1, x2 in renderable.spans:
                    for x, strip in renderable.chops[y].items():
                        if strip is not None and x < x2 and x + strip.cell_length > x1:
                            start = max(x, x1)
                            self._write(start, y, strip.crop(start - x, x2 - x))
        super()._display(screen, renderable)

    def _write(self, x: int, y: int, strip: Strip) -> None:
        for character in strip.text:
            for column in range(width := cell_len(character)):
                self.terminal[y, x + column] = "" if column else character
            x += width

    @property
    def written(self) -> list[str]:
        """The terminal's lines."""
        lines = [
            "".join(self.terminal.get((y, x), " ") for x in range(self.size.width)) for y in range(self.size.height)
        ]
        return [line.rstrip() for line in lines]

    @property
    def lines(self) -> list[str]:
        """What is really on the screen: painted by spans, as the terminal gets it."""
        return [
            "".join(segment.text for segment in strip).rstrip() for strip in self.screen._compositor.render_strips()
        ]

    @property
    def names(self) -> list[str]:
        """The keys of what is shown."""
        return [shown.key for shown in self.table.rows]


@asynccontextmanager
async def shown(rows: Sequence[Row], size: tuple[int, int] = (64, 10), **options: Any):
    """A table with these rows."""
    app = Tables(**options)
    async with app.run_test(size=size) as pilot:
        app.table.apply(rows)
        await pilot.pause()
        yield app, pilot


async def press(pilot: Pilot[None], table: LiveTable, *actions: str) -> None:
    """Do these actions as a view would, and let them be painted."""
    for action in actions:
        getattr(table, f"do_{action}")()
    await pilot.pause()


# What is seen


async def test_rows_stand_under_titles_with_their_number_above() -> None:
    """The cursor has a sign of its own, numbers stand to the right."""
    async with shown([row("asr", load=12), row("llama2", "failed", None)]) as (app, _):
        assert app.lines[:4] == [
            " Things 2",
            " NAME      PHASE        LOAD  NOTE",
            "▸asr       running        12",
            " llama2    failed          -",
        ]


async def test_an_empty_table_says_why_it_is_empty() -> None:
    """Nothing there, nothing let through and nothing wrong are three things."""
    async with shown([]) as (app, pilot):
        assert app.lines[2] == " There is nothing."
        app.table.apply([row("asr")])
        app.table.set_filter("zzz")
        await pilot.pause()
        assert app.lines[0] == " Things 0 of 1, filter /zzz"
        assert "The filter lets none of 1 through" in app.lines[2]
        app.table.set_filter("")
        await press(pilot, app.table, "faults")
        assert app.lines[2] == " All 1 are well; F shows them."


async def test_text_is_cut_by_the_columns_it_takes() -> None:
    """An ellipsis says that something is missing; a wide character takes two columns and is never halved."""
    assert fit("whisper", 5) == "whis…"
    assert fit("漢字漢字", 6) == "漢字 …"
    assert fit("漢字", 6, right=True) == "  漢字"
    async with shown([row("漢字漢字漢字", note="x" * 10_000), row("a")]) as (app, _):
        assert app.lines[2].startswith("▸漢字漢 …  running")
        assert app.lines[2].endswith("x…")
        assert app.lines[3] == " a         running         1"


@given(st.text(), st.integers(1, 40))
def test_folding_loses_no_word_and_keeps_to_the_width(text: str, width: int) -> None:
    """What is said of a failure is read to its end."""
    lines = folded(text, width)

    assert all(cell_len(line) <= max(2, width) for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


# Staying in step


names = st.sampled_from(["a", "bb", "漢字", "d" * 20, "e", "f", "g", "h", "i", "j", "k", "l"])
told = st.lists(
    st.builds(
        row, names, st.sampled_from(["running", "failed"]), st.none() | st.integers(0, 3), st.sampled_from(["", "n"])
    ),
    unique_by=lambda one: one.key,
    max_size=12,
)
moves = st.lists(
    st.sampled_from(
        [
            "down",
            "up",
            "bottom",
            "top",
            "page_down",
            "mark",
            "mark_all",
            "faults",
            "wide",
            "right",
            "left",
            "sort_after",
        ]
    )
)


@given(st.lists(st.tuples(told, moves, st.sampled_from(["", "a", "!a", "phase=failed", "("])), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_whatever_happened_before_the_screen_is_that_of_the_state_now(
    steps: list[tuple[list[Row], list[str], str]],
) -> None:
    """Only what differs is written; still nothing old is left, wherever cursor, marks, filter and scrolling went."""

    async def play() -> None:
        async with shown([], size=(40, 8)) as (app, pilot):
            for rows, actions, text in steps:
                for change in (lambda text=text: app.table.set_filter(text), lambda rows=rows: app.table.apply(rows)):
                    before = app.table.cursor_key
                    change()
                    if before in app.names:
                        assert app.table.cursor_key == before
                await press(pilot, app.table, *actions)
                assert app.written == app.lines

    asyncio.run(play())


async def test_the_cursor_stays_on_its_row_and_its_line_while_rows_come_and_go() -> None:
    """A finger above ``x`` means the row that the eye is on."""
    rows = [row(f"p{index:02}") for index in range(40)]
    async with shown(rows) as (app, pilot):
        app.table.move_to(20)
        await pilot.pause()
        line = next(y for y, text in enumerate(app.lines) if text.startswith("▸"))

        app.table.apply([row("new1"), row("new2"), *rows[3:]])
        await pilot.pause()

        assert app.table.cursor_key == "p20"
        assert app.lines[line].startswith("▸p20")


async def test_a_row_that_goes_gives_the_cursor_to_its_neighbour() -> None:
    """And the view is told, so that no pane speaks of what is gone."""
    async with shown([row("a"), row("b"), row("c")]) as (app, pilot):
        app.table.move_to(1)
        app.table.apply([row("a"), row("c")])
        await pilot.pause()

        assert app.highlighted == ["a", "b", "c"]
        app.table.apply([])
        await pilot.pause()
        assert app.highlighted[-1] is None
        assert app.table.chosen_keys == []


async def test_marks_are_of_rows_that_are_seen() -> None:
    """What a filter hides is not acted on, and what is gone is not marked any more."""
    async with shown([row("a"), row("b"), row("c")]) as (app, pilot):
        await press(pilot, app.table, "mark", "mark")
        assert app.lines[0] == " Things 3, 2 marked"
        assert [line[0] for line in app.lines[2:5]] == ["▪", "▪", "▸"]
        assert app.table.chosen_keys == ["a", "b"]

        app.table.set_filter("b")
        assert app.table.chosen_keys == ["b"]
        app.table.set_filter("")
        app.table.apply([row("a"), row("c")])
        assert app.table.chosen_keys == ["a"]
        await press(pilot, app.table, "mark_all")
        assert app.table.chosen_keys == ["a", "c"]
        await press(pilot, app.table, "mark_all")
        assert app.table.marks == set()


# Sorting


async def test_rows_are_sorted_by_the_letter_of_a_column_and_turned_by_it_again() -> None:
    """Numbers as numbers, what has no value last whichever way; ``o o`` is the order in which they are told."""
    async with shown([row("a", load=9), row("b", load=None), row("c", load=10)]) as (app, pilot):
        await press(pilot, app.table, "sort")
        assert app.lines[0].startswith(" sort by  o as it comes  n NAME  p PHASE  l LOAD")
        await pilot.press("l")
        assert app.names == ["a", "c", "b"]
        assert "LOAD↑" in app.lines[1]
        await press(pilot, app.table, "sort")
        await pilot.press("l")
        assert app.names == ["c", "a", "b"]
        assert "LOAD↓" in app.lines[1]
        await press(pilot, app.table, "sort")
        await pilot.press("o")
        assert app.names == ["a", "b", "c"]
        await press(pilot, app.table, "sort")
        await pilot.press("escape")
        assert app.table.sort is None
        assert app.lines[0] == " Things 3"


async def test_the_sorted_column_is_moved_by_keys_and_named_by_a_command() -> None:
    """``.`` and ``,`` go from column to column; a minus turns the order."""
    async with shown([row("a", load=2), row("b", "failed", load=1)]) as (app, pilot):
        await press(pilot, app.table, "sort_after", "sort_after")
        assert app.table.sort == Sort("phase")
        assert app.names == ["b", "a"]
        await press(pilot, app.table, "sort_before")
        assert app.table.sort == Sort("name")
        app.table.do_sort("-lo")
        assert app.table.sort == Sort("load", is_reverse=True)


async def test_no_row_changes_its_place_under_a_finger(monkeypatch: pytest.MonkeyPatch) -> None:
    """New values do not reorder while keys are pressed; new rows are put where they belong; later all is in order."""
    monkeypatch.setattr(live_table, "IDLE_S", 600)
    async with shown([row("a", load=1), row("b", load=2), row("c", load=3)]) as (app, pilot):
        app.table.sort_by(Sort("load"))
        await press(pilot, app.table, "down")

        app.table.apply([row("a", load=9), row("b", load=2), row("c", load=3), row("d", load=2.5)])
        assert app.names == ["d", "a", "b", "c"]
        app.table.apply([row("a", load=9), row("c", load=3), row("d", load=2.5)])
        assert app.names == ["d", "a", "c"]

        monkeypatch.setattr(live_table, "IDLE_S", 0)
        app.table.apply([row("a", load=9), row("c", load=3), row("d", load=2.5)])
        assert app.names == ["d", "c", "a"]


async def test_an_order_left_behind_is_caught_up_with_when_the_keys_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing new is told meanwhile."""
    monkeypatch.setattr(live_table, "IDLE_S", 0.2)
    async with shown([row("a", load=1), row("b", load=2)]) as (app, pilot):
        app.table.sort_by(Sort("load"))
        await press(pilot, app.table, "down")
        app.table.apply([row("a", load=3), row("b", load=2)])
        end = time.monotonic() + 10
        while app.names != ["b", "a"]:
            assert time.monotonic() < end
            await asyncio.sleep(0.02)


# Columns


def test_the_least_needed_columns_go_first_where_there_is_no_room() -> None:
    """By rank; those of rank 0 stay, and the first takes what room is left where it may grow."""
    assert [placed.at for placed in lay_out(COLUMNS, 64)] == [0, 1, 2, 3]
    assert [placed.at for placed in lay_out(COLUMNS, 50)] == [0, 1, 2]
    assert [placed.at for placed in lay_out(COLUMNS, 12)] == [0, 1]
    growing = [Column("name", "NAME", 8, most=20), *COLUMNS[1:3]]
    assert [placed.width for placed in lay_out(growing, 64)] == [20, 10, 5]


async def test_hidden_columns_are_reached_sideways_and_the_first_stays() -> None:
    """``W`` shows all, left and right go over them; a name is always beside its values."""
    async with shown([row("asr", note="far away")], size=(30, 6)) as (app, pilot):
        assert "NOTE" not in app.lines[1]
        await press(pilot, app.table, "wide", "right", "right")
        assert app.lines[1].startswith(" NAME      NOTE")
        assert app.lines[2].startswith("▸asr       far away")
        await press(pilot, app.table, "left")
        assert "LOAD" in app.lines[1]
        await press(pilot, app.table, "wide")
        assert app.lines[1] == " NAME      PHASE        LOAD"


async def test_faults_are_shown_alone_on_demand() -> None:
    """And the title says so, lest the others are missed."""
    async with shown([row("a"), row("b", "failed")]) as (app, pilot):
        await press(pilot, app.table, "faults")
        assert app.names == ["b"]
        assert app.lines[0] == " Things 1 of 2, faults only"
        await press(pilot, app.table, "faults")
        assert app.names == ["a", "b"]


async def test_a_click_moves_the_cursor_and_one_on_a_title_sorts() -> None:
    """For those who have the mouse on."""
    async with shown([row("a", load=2), row("b", load=1)]) as (app, pilot):
        await pilot.click(LiveTable, offset=(3, 3))
        assert app.table.cursor_key == "b"
        await pilot.click(LiveTable, offset=(24, 1))
        assert app.names == ["b", "a"]


async def test_a_thousand_rows_that_did_not_change_cost_next_to_nothing() -> None:
    """Twice a second on a busy box: a few milliseconds, and not a cell is painted."""
    rows = [row(f"p{index:04}", load=index) for index in range(1000)]
    async with shown(rows) as (app, pilot):
        app.table.sort_by(Sort("load", is_reverse=True))
        app.table.set_filter("p")
        await pilot.pause()
        refreshed: list[object] = []
        app.table.refresh = lambda *regions, **_: refreshed.append(regions) or app.table  # type: ignore[method-assign]

        spent = []
        for _ in range(5):
            began = time.process_time()
            app.table.apply(list(rows))
            spent.append(time.process_time() - began)

        assert refreshed == []
        assert min(spent) < 0.025
