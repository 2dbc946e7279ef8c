"""Actions on projects and what belongs to them."""

from __future__ import annotations

from aana_tui.actions.action import Action, Scope, Tier

_P = Scope.PROJECTS

ACTIONS = (
    Action(
        "project.start", "Start", "Run the project's active revision.", _P, "s", "start",
        role="operator", needs_link=True, cli="aana start {project}",
    ),
    Action(
        "project.stop", "Stop", "Stop the project; it stays stopped until somebody starts it.", _P, "x", "stop",
        tier=Tier.NAME, role="operator", needs_link=True, cli="aana stop {project}",
    ),
    Action(
        "project.restart", "Restart", "Replace the project's replicas, a few at a time.", _P, "r", "restart",
        tier=Tier.ASK, role="operator", needs_link=True, cli="aana restart {project}",
    ),
    Action(
        "project.scale", "Scale", "Set how many replicas a deployment has.", _P, "u", "scale",
        tier=Tier.ASK, role="operator", needs_link=True, cli="aana scale {project} {deployment}=N", footer=False,
    ),
    Action(
        "project.rollback", "Undo", "Go back to the last good revision before the active one.", _P, "U", "rollback",
        tier=Tier.ASK, role="operator", needs_link=True, cli="aana rollback {project}", footer=False,
    ),
    Action(
        "project.remove", "Remove", "Forget the project and its revisions.", _P, "", "rm",
        tier=Tier.NAME, role="operator", needs_link=True, cli="aana rm {project}", footer=False,
    ),
    Action(
        "project.cancel", "Cancel", "Cancel the project's operation while it loads.", _P, "", "cancel",
        tier=Tier.ASK, role="operator", needs_link=True, cli="aana cancel {operation}", footer=False,
    ),
    Action("project.logs", "Logs", "Read the logs of what is selected.", _P, "l", cli="aana logs -f {project}"),
    Action("project.events", "Events", "See what happened to it.", _P, "e", cli="aana events {project}"),
    Action("project.test", "Test", "Send a test request to one of its endpoints.", _P, "T", "test"),
)  # fmt: skip
