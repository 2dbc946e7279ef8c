"""Actions that work wherever one is."""

from __future__ import annotations

from aana_tui.actions.action import Action, Scope

_E = Scope.EVERYWHERE

ACTIONS = (
    Action(
        "app.help", "Help", "Show the keys that work here, then all others.", _E, "question_mark", "help",
        code="windows:show_help",
    ),
    Action(
        "app.command", "Command", "Type a command: a view, an action, a filter, a daemon.", _E, "colon",
        code="commands:open_line",
    ),
    Action(
        "app.palette", "Palette", "Find an action or a target by a few letters.", _E, "ctrl+p", "palette",
        code="windows:show_palette", footer=False,
    ),
    Action(
        "app.filter", "Filter", "Narrow what is shown: regex, !regex, ~fuzzy or key=value.", _E, "slash",
        code="commands:open_filter",
    ),
    Action("app.projects", "Projects", "Go to the projects.", _E, "1", "projects", cli="aana ps",
           view="projects", argument="PROJECT", footer=False),
    Action("app.replicas", "Replicas", "Go to the replicas.", _E, "2", "replicas", cli="aana replicas",
           view="replicas", argument="PROJECT DEPLOYMENT", footer=False),
    Action("app.gpus", "GPUs", "Go to the GPUs and nodes.", _E, "3", "gpus", cli="aana gpus",
           view="gpus", footer=False),
    Action("app.logs", "Logs", "Go to the logs.", _E, "4", "logs", cli="aana logs -f",
           view="logs", argument="PROJECT DEPLOYMENT REPLICA", footer=False),
    Action("app.requests", "Requests", "Go to the test requests.", _E, "5", "requests",
           view="requests", argument="PROJECT ENDPOINT", footer=False),
    Action("app.events", "Events", "Go to the events.", _E, "6", "events", cli="aana events",
           view="events", argument="PROJECT", footer=False),
    Action(
        "app.back", "Back", "Close what is open, clear the filter, or go back.", _E, "escape", "back",
        code="moving:back", footer=False,
    ),
    Action(
        "app.quit", "Quit", "Go back; on the first view leave the console.", _E, "q", "quit",
        code="moving:leave", footer=False,
    ),
    Action(
        "app.earlier", "Earlier", "Go to the view before in the history.", _E, "left_square_bracket",
        code="moving:earlier", footer=False,
    ),
    Action(
        "app.later", "Later", "Go forward again in the history.", _E, "right_square_bracket",
        code="moving:later", footer=False,
    ),
    Action(
        "app.last", "Last view", "Change between this view and the last one.", _E, "minus",
        code="moving:last", footer=False,
    ),
    Action(
        "app.context", "Daemon", "Look at another daemon.", _E, "at", "ctx", argument="NAME|URL",
        code="contexts:choose", footer=False,
    ),
    Action(
        "app.zoom", "Zoom", "Give the focused pane the whole screen, or take it back.", _E, "z", "zoom",
        code="windows:zoom", footer=False,
    ),
    Action(
        "app.copy", "Copy", "Copy the selected thing: its id, its row, its JSON, a command.", _E, "c", "copy",
        code="copying:show_menu", needs_target=True, footer=False,
    ),
    Action(
        "app.json", "JSON", "Show the selected thing as the daemon says it.", _E, "y", "json",
        code="copying:show_json", needs_target=True, footer=False,
    ),
    Action(
        "app.retry", "Retry", "Try to reach the daemon again now.", _E, "ctrl+r", "retry",
        code="windows:retry", footer=False,
    ),
    Action("app.mouse", "Mouse", "Switch the mouse on or off.", _E, "", "mouse", code="windows:mouse", footer=False),
    Action(
        "app.suspend", "Suspend", "Leave to the shell for a while; `fg` comes back.", _E, "ctrl+z", "suspend",
        code="windows:suspend", footer=False,
    ),
)  # fmt: skip
