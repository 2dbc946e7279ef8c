"""Copying what is selected: its id, its row, its JSON, the command and the request that say the same."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from aana_tui.actions.registry import of
from aana_tui.actions.targeting import selected
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aana_tui.actions.action import Action, Target
    from aana_tui.app import Console

Copy = tuple[str, str]
"""What it is, and the text."""

_PATHS = {
    "project": "/v1/projects/{project}",
    "deployment": "/v1/projects/{project}",
    "replica": "/v1/projects/{project}/replicas",
    "revision": "/v1/projects/{project}/revisions",
    "endpoint": "/v1/projects/{project}/endpoints",
    "operation": "/v1/operations/{operation}",
    "gpu": "/v1/gpus",
    "node": "/v1/nodes",
    "event": "/v1/events",
    "log": "/v1/logs",
}


def show_menu(console: Console, action: Action, argument: str = "") -> None:
    """Choose what is copied."""
    del action, argument
    from aana_tui.clipboard import copy
    from aana_tui.screens.dialogs.copies import Copies

    def chosen(text: str | None) -> None:
        if text is not None:
            console.notify(copy(console, text))

    console.push_screen(Copies(copies(console)), chosen)


def show_json(console: Console, action: Action, argument: str = "") -> None:
    """Read the selected thing as the daemon says it."""
    del action, argument
    from aana_tui.screens.dialogs.reader import Reader

    target = selected(console)[0]
    text = _pretty(target.json) if target.json else _pretty(json.dumps({"kind": target.kind, "key": target.key}))
    lines = [(sanitise(line), "") for line in text.splitlines()]
    console.push_screen(Reader(f"{target.kind} {target.label}", lines, copied=text))


def copies(console: Console) -> list[Copy]:
    """What can be copied here: what the view names, else what is known of each selected thing."""
    view = console.shell.view
    named = getattr(view, "copies", None)
    if named is not None and (found := list(named())):
        return found
    targets = selected(console)
    entries = [("id", "\n".join(target.key for target in targets)), ("row", _lines(targets, "row"))]
    entries.append(("JSON", _json(targets)))
    scopes = view.SCOPES if view is not None else ()
    entries += [(f"command: {one.title.lower()}", text) for one in of(*scopes) if (text := _commands(one, targets))]
    entries.append(("curl", "\n".join(filter(None, (_curl(console, target) for target in targets)))))
    return [(name, text) for name, text in entries if text]


def _lines(targets: Sequence[Target], field: str) -> str:
    return "\n".join(str(getattr(target, field)) or target.label for target in targets)


def _json(targets: Sequence[Target]) -> str:
    known = [target.json for target in targets if target.json]
    if len(known) == 1:
        return _pretty(known[0])
    return _pretty(f"[{','.join(known)}]") if known else ""


def _commands(action: Action, targets: Sequence[Target]) -> str:
    return "\n".join(filter(None, (command_of(action, target) for target in targets)))


def command_of(action: Action, target: Target) -> str:
    """The ``aana`` command that does the same to a target; nothing where there is none."""
    if not action.cli:
        return ""
    fields = ("project", "deployment", "replica", "endpoint", "revision", "operation")
    known = {name: shlex.quote(value) for name in fields if (value := getattr(target, name)) is not None}
    try:
        return action.cli.format(**known)
    except KeyError:
        return ""


def _curl(console: Console, target: Target) -> str:
    template = _PATHS.get(target.kind)
    if template is None or ("{project}" in template and target.project is None):
        return ""
    path = template.format(project=target.project, operation=target.operation or target.key)
    scheme, _, rest = console.session.address.partition("://")
    if scheme == "unix":
        return f"curl --unix-socket {shlex.quote(rest)} http://localhost{path}"
    return f"curl {scheme}://{rest}{path}" if scheme in {"http", "https"} else ""


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
