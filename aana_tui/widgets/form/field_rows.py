"""The rows of a form: which fields are seen, how deep, and what stands in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from aana_tui.state.field_faults import REQUIRED
from aana_tui.state.request_form import State, expanded
from aana_tui.state.schema_fields import MISSING, Kind, type_text
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aana_tui.state.request_form import Entry

INDENT = 2
MAX_VALUE = 2_000
"""Characters of a value that a row looks at."""


class FieldRow(NamedTuple):
    """A field as a row."""

    entry: Entry
    """What it is of its object or list."""
    inner: Entry
    """What is filled in: of a union what is chosen."""
    parent: Entry | None
    depth: int


def rows(root: Entry) -> list[FieldRow]:
    """All fields that are seen, in order; the document itself only where it is no object."""
    inner = innermost(root)
    if inner.kind is not Kind.OBJECT:
        return list(_rows(root, None, 0))
    return [row for child in inner.children for row in _rows(child, inner, 0)]


def innermost(entry: Entry) -> Entry:
    """What is chosen of a union, and of that, if it is one itself."""
    while entry.kind is Kind.UNION and entry.state is State.GIVEN and entry.children:
        entry = entry.children[0]
    return entry


def _rows(entry: Entry, parent: Entry | None, depth: int) -> Iterator[FieldRow]:
    inner = innermost(entry)
    yield FieldRow(entry, inner, parent, depth)
    if inner.state is State.GIVEN and not inner.is_leaf:
        for child in inner.children:
            yield from _rows(child, inner, depth + 1)


def label(row: FieldRow) -> str:
    """The field's name, a star where it is required."""
    star = " *" if row.entry.is_required and row.parent is not None and row.parent.kind is Kind.OBJECT else ""
    return " " * INDENT * row.depth + sanitise(row.entry.name)[:60] + star


def value_text(row: FieldRow) -> tuple[str, str]:
    """What stands in the field, and its tone."""
    entry, inner = row.entry, row.inner
    if entry.state is State.NULL or inner.state is State.NULL:
        return "null", "accent"
    if entry.state is State.LEFT_OUT or inner.state is State.LEFT_OUT:
        return _left_out(inner), "dim"
    option = f"{_option(entry)} ▸ " if entry.kind is Kind.UNION else ""
    match inner.kind:
        case Kind.CHOICE:
            more = len(inner.spec.choices) > 1
            text = _json(inner.spec.choices[inner.choice])
            return f"{option}◂ {text} ▸" if more else f"{option}{text}", ""
        case Kind.LIST | Kind.MAP:
            return option + _counted(inner), "dim"
        case Kind.OBJECT:
            return option or sanitise(type_text(inner.spec)), "dim"
        case Kind.FILE:
            return option + _file(inner.text), ""
        case Kind.TEXT if not inner.text:
            return f'{option}""', ""
    return option + sanitise(inner.text[:MAX_VALUE].replace("\n", "↵")), ""


def fault_text(row: FieldRow, *, is_checked: bool) -> str:
    """What is wrong; that something is missing is only said once it was tried to send."""
    if not is_checked and row.inner.grows and not row.inner.children and not row.inner.told:
        return ""
    found = [*row.entry.faults(), *(row.inner.faults() if row.inner is not row.entry else [])]
    return sanitise("; ".join(fault for fault in dict.fromkeys(found) if is_checked or fault != REQUIRED))


def _left_out(entry: Entry) -> str:
    default = entry.spec.default
    if default is not MISSING:
        return f"default: {_json(default)}"
    return type_text(entry.spec)


def _option(entry: Entry) -> str:
    spec = entry.spec.options[entry.option]
    return sanitise(str(spec.schema.get("title") or type_text(spec, 1)))


def _counted(entry: Entry) -> str:
    number = len(entry.children)
    return f"{number} item" if number == 1 else f"{number} items" if number else "empty; a adds an item"


def _file(text: str) -> str:
    if not text:
        return "path of a file"
    path = expanded(text)
    try:
        return f"{size_text(path.stat().st_size)}  {sanitise(text)}" if path.is_file() else sanitise(text)
    except OSError:
        return sanitise(text)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return sanitise(text[:MAX_VALUE])


def size_text(size: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":  # noqa: PLR2004 - the next unit
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"  # noqa: PLR2004
        size /= 1024
    return ""
