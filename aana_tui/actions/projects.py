"""Actions on projects and what belongs to them."""

from __future__ import annotations

from aana_tui.actions.action import Action, Scope, Tier

_P = Scope.PROJECTS

ACTIONS = (
    Action(
        "project.start", "Start", "Run the project's active revision.", _P, "s", "start", code="changes:change",
        role="operator", needs_link=True, needs_target=True, argument="PROJECT…", cli="aana start {project}",
    ),
    Action(
        "project.stop", "Stop", "Stop the project; it stays stopped until somebody starts it.", _P, "x", "stop",
        code="changes:change", tier=Tier.NAME, role="operator", needs_link=True, needs_target=True,
        argument="PROJECT…", cli="aana stop {project}",
    ),
    Action(
        "project.restart", "Restart", "Replace the project's replicas, a few at a time.", _P, "r", "restart",
        code="changes:change", tier=Tier.ASK, role="operator", needs_link=True, needs_target=True,
        argument="PROJECT…", cli="aana restart {project}",
    ),
    Action(
        "project.scale", "Scale", "Set how many replicas a deployment has.", _P, "u", "scale",
        code="changes:scale", tier=Tier.ASK, role="operator", needs_link=True, needs_target=True,
        argument="PROJECT DEPLOYMENT=N|MIN..MAX|reset…", cli="aana scale {project} {deployment}=2", footer=False,
    ),
    Action(
        "project.rollback", "Undo", "Go back to the last good revision before the active one, or to a named one.",
        _P, "U", "rollback", code="changes:rollback", tier=Tier.ASK, role="operator", needs_link=True,
        needs_target=True, argument="PROJECT REVISION", cli="aana rollback {project}", footer=False,
    ),
    Action(
        "project.remove", "Remove", "Forget the project and its revisions.", _P, "", "rm",
        code="changes:change", tier=Tier.NAME, role="operator", needs_link=True, needs_target=True,
        argument="PROJECT…", cli="aana rm {project}", footer=False,
    ),
    Action(
        "project.cancel", "Cancel", "Cancel the project's operation while it loads.", _P, "", "cancel",
        code="changes:cancel", tier=Tier.ASK, role="operator", needs_link=True, needs_target=True,
        argument="PROJECT|OPERATION", cli="aana cancel {operation}", footer=False,
    ),
    Action(
        "project.logs", "Logs", "Read the logs of what is selected.", _P, "l", code="moving:logs",
        needs_target=True, cli="aana logs -f {project}",
    ),
    Action(
        "project.events", "Events", "See what happened to it.", _P, "e", code="moving:events", needs_target=True,
        cli="aana events --project {project}",
    ),
    Action(
        "project.test", "Test", "Send a test request to one of its endpoints.", _P, "T", "test",
        code="moving:try_out", needs_target=True, argument="PROJECT ENDPOINT",
    ),
)  # fmt: skip
