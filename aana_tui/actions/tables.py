"""Actions of every table."""

from __future__ import annotations

from aana_tui.actions.action import Action, Scope

_T = Scope.TABLES

ACTIONS = (
    Action("table.open", "Open", "Open what the cursor is on.", _T, "enter"),
    Action("table.down", "Down", "Move the cursor down.", _T, "j,down", footer=False),
    Action("table.up", "Up", "Move the cursor up.", _T, "k,up", footer=False),
    Action("table.top", "Top", "Go to the first row.", _T, "g,home", footer=False),
    Action("table.bottom", "Bottom", "Go to the last row.", _T, "G,end", footer=False),
    Action("table.page-down", "Page down", "Move a page down.", _T, "ctrl+d,pagedown", footer=False),
    Action("table.page-up", "Page up", "Move a page up.", _T, "ctrl+u,pageup", footer=False),
    Action("table.left", "Left", "Bring the columns on the left into sight.", _T, "left,h", footer=False),
    Action("table.right", "Right", "Bring the columns on the right into sight.", _T, "right", footer=False),
    Action("table.next", "Next", "Go to the next table or pane.", _T, "tab", footer=False),
    Action("table.previous", "Previous", "Go to the table or pane before.", _T, "shift+tab", footer=False),
    Action(
        "table.placement", "Placement", "Show the GPUs that it is on.", Scope.PROJECTS, "p", "placement", footer=False
    ),
    Action("table.mark", "Mark", "Mark the row for an action on several.", _T, "space", footer=False),
    Action("table.mark-all", "Mark all", "Mark all rows that are shown, or none.", _T, "asterisk", footer=False),
    Action(
        "table.sort",
        "Sort",
        "Sort by the column whose letter comes next, or that is named.",
        _T,
        "o",
        "sort",
        argument="COLUMN|-COLUMN",
        footer=False,
    ),
    Action("table.sort-before", "Sort ←", "Sort by the column before.", _T, "comma", footer=False),
    Action("table.sort-after", "Sort →", "Sort by the column after.", _T, "full_stop", footer=False),
    Action(
        "table.faults", "Faults", "Show only what is not well, or everything again.", _T, "F", "faults", footer=False
    ),
    Action(
        "table.wide", "Wide", "Show the columns that do not fit, or hide them again.", _T, "W", "wide", footer=False
    ),
)
