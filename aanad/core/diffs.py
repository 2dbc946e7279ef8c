"""What differs between two revisions: files by lines, settings by name."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from aanad.core.sizes import wanted_deployments
from aanad.wire.diff import FileDiff
from aanad.wire.plan import Change, FileChanges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aanad.core.records import RevisionRecord
    from aanad.wire.projects import Scale

MAX_TEXT_BYTES = 256 * 1024
"""Larger files are not compared by lines."""


def changed_paths(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> FileChanges:
    """Which files are new, different or gone."""
    return FileChanges(
        added=sorted(after.keys() - before.keys()),
        changed=sorted(path for path in before.keys() & after.keys() if before[path] != after[path]),
        removed=sorted(before.keys() - after.keys()),
    )


def file_diffs(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileDiff]:
    """Each file that differs, by path; texts with a unified diff."""
    found = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        old_lines, new_lines = _lines(old), _lines(new)
        is_binary = old_lines is None or new_lines is None
        lines: list[str] = []
        if old_lines is not None and new_lines is not None:
            lines = list(difflib.unified_diff(old_lines, new_lines, f"a/{path}", f"b/{path}", lineterm=""))
        change = "added" if old is None else "removed" if new is None else "changed"
        found.append(FileDiff(path=path, change=change, binary=is_binary, lines=lines))
    return found


def setting_changes(before: RevisionRecord | None, after: RevisionRecord, scale: dict[str, Scale]) -> list[Change]:
    """Settings that differ, by name; `scale` is what an operator set by hand, which both are seen with."""
    old = _settings(before, scale) if before is not None else {}
    new = _settings(after, scale)
    return [
        Change(name=name, before=old.get(name), after=new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _lines(content: bytes | None) -> list[str] | None:
    """None for what is no text, or too large."""
    if content is None:
        return []
    if len(content) > MAX_TEXT_BYTES or b"\0" in content:
        return None
    try:
        return content.decode().splitlines()
    except UnicodeDecodeError:
        return None


def _settings(revision: RevisionRecord, scale: dict[str, Scale]) -> dict[str, str]:
    file = revision.file
    settings = {
        "app": revision.manifest.app,
        "route_prefix": revision.route_prefix,
        "priority": str(file.priority),
        "ready_timeout_s": str(file.ready_timeout_s) if file.ready_timeout_s is not None else None,
        **{f"env.{name}": value for name, value in file.env.items()},
        **{f"requests.{name}": _shown(value) for name, value in file.requests.model_dump(exclude_none=True).items()},
        **{f"endpoints.{endpoint.name}": endpoint.path for endpoint in revision.manifest.endpoints},
        "requirements": ", ".join((revision.requirements or "").split("\n")).strip(", ") or None,
    }
    for name, wanted in wanted_deployments(revision, scale).items():
        settings[f"deployments.{name}.replicas"] = str(wanted.size)
        for resource, amount in wanted.resources.items():
            settings[f"deployments.{name}.{resource}"] = f"{amount:g}"
        if wanted.user_config is not None:
            settings[f"deployments.{name}.user_config"] = str(wanted.user_config)
        if "max_ongoing_requests" in wanted.options:
            settings[f"deployments.{name}.max_ongoing_requests"] = str(wanted.options["max_ongoing_requests"])
    return {name: value for name, value in settings.items() if value is not None}


def _shown(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
