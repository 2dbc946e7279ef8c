"""Which keys do what: the registry's, unless the operator's file says otherwise."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aana_tui.actions.action import Scope
from aana_tui.actions.registry import ALL, BY_ID

if TYPE_CHECKING:
    from aana_tui.actions.action import Action

_SIGNS = {
    "question_mark": "?", "colon": ":", "slash": "/", "at": "@", "asterisk": "*", "comma": ",", "full_stop": ".",
    "minus": "-", "left_square_bracket": "[", "right_square_bracket": "]", "semicolon": ";", "plus": "+",
    "equals_sign": "=", "exclamation_mark": "!", "number_sign": "#", "dollar_sign": "$", "percent_sign": "%",
    "ampersand": "&", "left_parenthesis": "(", "right_parenthesis": ")", "underscore": "_", "apostrophe": "'",
    "quotation_mark": '"', "less_than_sign": "<", "greater_than_sign": ">", "grave_accent": "`", "tilde": "~",
    "circumflex_accent": "^", "backslash": "\\", "vertical_line": "|", "pagedown": "pgdn", "pageup": "pgup",
    "escape": "esc",
}  # fmt: skip
_NAMES = {sign: name for name, sign in _SIGNS.items()}


@dataclass(frozen=True)
class Keymap:
    """The changes to the registry's keys, and what was wrong with those asked for."""

    changed: dict[str, str] = field(default_factory=dict)
    """Textual's names of keys, comma-separated, by the action's id."""
    problems: tuple[str, ...] = ()
    """A sentence each; what they tell of was left as it was."""

    def keys(self, action: Action) -> list[str]:
        """The keys of an action, as they are written."""
        return [_SIGNS.get(key, key) for key in self.changed.get(action.id, action.keys).split(",") if key]

    def label(self, action: Action) -> str:
        """Its first key, or its command where it has no key."""
        keys = self.keys(action)
        return keys[0] if keys else f":{action.command}"


def config_file() -> Path:
    """Where the console's own settings are."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "aana" / "console.toml"


def read_keymap(path: Path | None = None) -> Keymap:
    """The keys that the operator's file asks for; nothing in it can keep the console from starting."""
    path = path or config_file()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("keys", {})
    except FileNotFoundError:
        return Keymap()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Keymap(problems=(f"{path} cannot be used, so the keys are as always: {error}.",))
    if not isinstance(found, dict):
        return Keymap(problems=(f"[keys] in {path} is no table, so the keys are as always.",))
    return keymap_of(found)


def keymap_of(asked: dict[str, object]) -> Keymap:
    """Take the changes that make sense: of an action that exists, to keys that nothing else has where it works."""
    changed: dict[str, str] = {}
    problems: list[str] = []
    for name, value in asked.items():
        if name not in BY_ID:
            problems.append(f"There is no action {name!r} to give a key to.")
        elif not isinstance(value, str) or not value.strip():
            problems.append(f'The keys of {name} must be a text like "x,ctrl+x".')
        else:
            changed[name] = ",".join(_NAMES.get(key.strip(), key.strip()) for key in _split(value))
    for name in list(changed):
        clash = _clash(BY_ID[name], changed)
        if clash is not None:
            key, other = clash
            problems.append(f"{_SIGNS.get(key, key)!r} is {other.id}'s already, so {name} keeps its own keys.")
            del changed[name]
    return Keymap(changed, tuple(problems))


def _split(value: str) -> list[str]:
    # A comma alone is a key too.
    return [part or "comma" for part in value.split(",")] if value != "," else ["comma"]


def _clash(action: Action, changed: dict[str, str]) -> tuple[str, Action] | None:
    wanted = set(changed[action.id].split(","))
    for other in ALL:
        meets = (
            Scope.EVERYWHERE in {action.scope, other.scope} or action.scope == other.scope or _together(action, other)
        )
        if other is action or not meets:
            continue
        for key in changed.get(other.id, other.keys).split(","):
            if key in wanted:
                return key, other
    return None


def _together(action: Action, other: Action) -> bool:
    return {action.scope, other.scope} == {Scope.TABLES, Scope.PROJECTS}
