"""Actions that work wherever one is."""

from __future__ import annotations

from aana_tui.actions.action import Action, Scope

_E = Scope.EVERYWHERE

ACTIONS = (
    Action("app.help", "Help", "Show the keys that work here, then all others.", _E, "question_mark", "help"),
    Action("app.command", "Command", "Type a command: a view, an action, a filter, a daemon.", _E, "colon"),
    Action("app.palette", "Palette", "Find an action or a target by a few letters.", _E, "ctrl+p", footer=False),
    Action("app.filter", "Filter", "Narrow what is shown: regex, !regex, ~fuzzy or key=value.", _E, "slash"),
    Action("app.projects", "Projects", "Go to the projects.", _E, "1", "projects", cli="aana ps", footer=False),
    Action("app.replicas", "Replicas", "Go to the replicas.", _E, "2", "replicas", cli="aana replicas", footer=False),
    Action("app.gpus", "GPUs", "Go to the GPUs and nodes.", _E, "3", "gpus", cli="aana gpus", footer=False),
    Action("app.logs", "Logs", "Go to the logs.", _E, "4", "logs", cli="aana logs", footer=False),
    Action("app.requests", "Requests", "Go to the test requests.", _E, "5", "requests", footer=False),
    Action("app.events", "Events", "Go to the events.", _E, "6", "events", cli="aana events", footer=False),
    Action("app.back", "Back", "Clear the filter, close what is open, or go back.", _E, "escape", "back", footer=False),
    Action("app.quit", "Quit", "Go back; on the first view leave the console.", _E, "q", "quit", footer=False),
    Action("app.earlier", "Earlier", "Go to the view before in the history.", _E, "left_square_bracket", footer=False),
    Action("app.later", "Later", "Go forward again in the history.", _E, "right_square_bracket", footer=False),
    Action("app.last", "Last view", "Change between this view and the last one.", _E, "minus", footer=False),
    Action("app.context", "Daemon", "Connect to another daemon.", _E, "at", "ctx", footer=False),
    Action("app.zoom", "Zoom", "Give the focused pane the whole screen, or take it back.", _E, "z", footer=False),
    Action("app.copy", "Copy", "Copy the selected thing: id, row, JSON, command.", _E, "c", "copy", footer=False),
    Action("app.json", "JSON", "Show the selected thing as the daemon says it.", _E, "y", "json", footer=False),
    Action("app.retry", "Retry", "Try to reach the daemon again now.", _E, "ctrl+r", "retry", footer=False),
    Action("app.mouse", "Mouse", "Switch the mouse on or off.", _E, "", "mouse", footer=False),
)
