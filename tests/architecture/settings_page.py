"""Makes docs/settings.md from the settings' own docstrings: ``python -m tests.architecture.settings_page``."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aanad.settings import Settings

HEAD = """# Settings

Every setting of `aanad` and of the Ray unit. Defaults give way to the configuration file (`$AANA_CONFIG`, else
`/etc/aana/aanad.toml` for root or `~/.config/aana/aanad.toml`), the file to `AANA_*` variables, and these to flags.

This page is made from the settings themselves: `python -m tests.architecture.settings_page > docs/settings.md`.

| setting | variable | default | what it does |
| --- | --- | --- | --- |
"""
DEFAULTS = {
    "state_dir": "`/var/lib/aana` or `~/.local/state/aana`",
    "runtime_dir": "`/run/aana` or `$XDG_RUNTIME_DIR/aana`",
}


def rows(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> list[str]:
    """One row a setting."""
    found = []
    for name, field in model.model_fields.items():
        path = (*prefix, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += rows(field.annotation, path)
            continue
        variable = "AANA_" + "__".join(path).upper()
        text = " ".join((field.description or "").split())
        found.append(f"| `{'.'.join(path)}` | `{variable}` | {default(path, field)} | {text} |")
    return found


def default(path: tuple[str, ...], field: FieldInfo) -> str:
    """The default as a reader wants it."""
    if path[-1] in DEFAULTS:
        return DEFAULTS[path[-1]]
    return "none" if field.default is None else f"`{field.default}`"


if __name__ == "__main__":
    print(HEAD + "\n".join(rows(Settings)))
