"""A request that is being filled in: fields made of a JSON schema, and the document and the files that they say.

Whatever is typed stays as it is: what does not fit its field is sent, and shown as JSON, as it was typed.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aana_tui.state.field_faults import REQUIRED, UNKNOWN, faults
from aana_tui.state.json_text import parse
from aana_tui.state.schema_fields import MISSING, Kind, Missing, Spec, is_same, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aana_tui.state.schema_fields import Schema
    from aanad.wire.problems import FieldError

MAX_DEPTH = 8
"""Levels that required objects are unfolded by themselves."""
MAX_SHOWN_ITEMS = 200
"""A longer list is one field of JSON."""
BODY = "body"
"""What paths to fields begin with."""
UNKNOWN_SPEC = Spec(Kind.JSON, {}, {})


class State(StrEnum):
    """What of a field is sent."""

    LEFT_OUT = "left out"
    NULL = "null"
    GIVEN = "given"


class Entry:
    """One field, item or value, and what was typed into it."""

    def __init__(self, name: str, spec: Spec, *, is_required: bool, depth: int = 0, is_known: bool = True) -> None:
        self.name = name
        self.spec = spec
        self.is_required = is_required
        self.depth = depth
        self.is_known = is_known
        """Whether the schema has it."""
        self.is_raw = False
        """Whether its text is JSON, because the value is none that its kind could show."""
        self.text = ""
        self.choice = 0
        """Of a `CHOICE`."""
        self.option = 0
        """Of a `UNION`."""
        self.children: list[Entry] = []
        """Fields, items or values; of a `UNION` the one that is chosen."""
        self.told: list[str] = []
        """What the endpoint said is wrong with it."""
        self._options: dict[int, Entry] = {}
        self.state = State.LEFT_OUT
        if self._is_given_by_itself():
            self.give()

    def _is_given_by_itself(self) -> bool:
        if self.kind is Kind.CHOICE and len(self.spec.choices) == 1:
            return self.spec.choices != (None,) or self.is_required  # a tag tells which of several objects it is
        folds = self.kind in {Kind.OBJECT, Kind.LIST, Kind.MAP, Kind.UNION}
        return self.is_required and folds and self.depth < MAX_DEPTH

    @property
    def kind(self) -> Kind:
        """How it is filled in now."""
        return Kind.JSON if self.is_raw else self.spec.kind

    @property
    def is_leaf(self) -> bool:
        """Whether it has a text of its own."""
        return self.kind not in {Kind.OBJECT, Kind.LIST, Kind.MAP, Kind.UNION, Kind.CHOICE}

    @property
    def grows(self) -> bool:
        """Whether items can be added to it and taken away."""
        return self.kind is Kind.MAP or (self.kind is Kind.LIST and not self.spec.fixed_items)

    # Filling in

    def give(self) -> None:
        """Let something be sent, whatever is in it."""
        self.state = State.GIVEN
        match self.kind:
            case Kind.OBJECT if not self.children:
                self.children = [self._field(name) for name in self.spec.properties]
            case Kind.LIST if not self.children:
                self.children = [self._item(at) for at in range(self.spec.fixed_items)]
            case Kind.UNION if not self.children:
                self.choose(self.option)

    def leave_out(self) -> None:
        """Send nothing; what was typed is there again when it is given."""
        self.state = State.LEFT_OUT

    def nullify(self) -> None:
        """Send null."""
        self.state = State.NULL

    def type(self, text: str) -> None:
        """Take what is typed into it; nothing typed is nothing sent, unless it was given on purpose."""
        was_empty, self.text = not self.text, text
        if text:
            self.state = State.GIVEN
        elif not was_empty:
            self.state = State.LEFT_OUT
        self.told = []

    def choose(self, index: int) -> None:
        """Take a choice, or an option; what was typed into other options is kept."""
        self.state = State.GIVEN
        self.told = []
        if self.kind is Kind.CHOICE:
            self.choice = index % len(self.spec.choices)
            return
        self.option = index % len(self.spec.options)
        if self.option not in self._options:
            spec = self.spec.options[self.option]
            self._options[self.option] = Entry(self.name, spec, is_required=True, depth=self.depth)
        self.children = [self._options[self.option]]

    def add(self, name: str = "") -> Entry:
        """A further item; in a map it has a name."""
        self.give()
        child = self._item(len(self.children)) if self.kind is Kind.LIST else self._value(name)
        child.give()
        if child.kind is Kind.CHOICE and len(child.spec.choices) > 1:
            child.choose(0)
        if self.kind is Kind.MAP:
            self.children = [one for one in self.children if one.name != name]
        self.children.append(child)
        return child

    def remove(self, child: Entry) -> None:
        """Take an item away, or a field that the schema does not have."""
        self.children = [one for one in self.children if one is not child]
        self._number()

    def fill(self, value: Any) -> None:
        """Show a value: afterwards `value` gives exactly this."""
        self.told = []
        self.is_raw = False
        if value is MISSING:
            self.state = State.LEFT_OUT
            return
        if value is None and self.spec.is_nullable:
            self.state = State.NULL
            return
        self.state = State.GIVEN
        self._fill(value)

    def _fill(self, value: Any) -> None:
        if not self._shows(value):
            self.is_raw, self.children = self.spec.kind is not Kind.JSON, []
            self.text = json.dumps(value, ensure_ascii=False)
            return
        match self.kind:
            case Kind.CHOICE:
                self.choice = next(at for at, one in enumerate(self.spec.choices) if is_same(value, one))
            case Kind.UNION:
                accepting = [at for at, one in enumerate(self.spec.options) if one.accepts(value)]
                fitting = [at for at in accepting if self.spec.options[at].fits(value)]
                self.choose([*fitting, *accepting][0])
                self.children[0].fill(value)
            case Kind.OBJECT:
                self._fill_fields(value)
            case Kind.LIST:
                self.children = [self._item(at) for at in range(len(value))]
                for child, item in zip(self.children, value, strict=True):
                    child.fill(item)
            case Kind.MAP:
                self.children = [self._value(name) for name in value]
                for child, item in zip(self.children, value.values(), strict=True):
                    child.fill(item)
            case Kind.TEXT:
                self.text = value
            case _:
                self.text = json.dumps(value, ensure_ascii=False)

    def _shows(self, value: Any) -> bool:
        if self.kind is Kind.LIST and isinstance(value, list):
            fixed = self.spec.fixed_items
            return len(value) == fixed if fixed else len(value) <= MAX_SHOWN_ITEMS
        return self.kind not in {Kind.JSON, Kind.FILE} and self.spec.accepts(value)

    def _fill_fields(self, value: Mapping[str, Any]) -> None:
        known = {child.name: child for child in self.children if child.is_known}
        self.children = [known.get(name) or self._field(name) for name in self.spec.properties]
        for child in self.children:
            child.fill(value.get(child.name, MISSING))
        for name in [name for name in value if name not in self.spec.properties]:
            child = Entry(name, UNKNOWN_SPEC, is_required=False, depth=self.depth + 1, is_known=False)
            child.fill(value[name])
            self.children.append(child)

    # What it says

    def value(self) -> Any:
        """What is sent; `MISSING` where nothing is. What is no value of its kind is the text as it was typed."""
        match self.state:
            case State.LEFT_OUT:
                return MISSING
            case State.NULL:
                return None
        match self.kind:
            case Kind.CHOICE:
                return self.spec.choices[self.choice]
            case Kind.UNION:
                return self.children[0].value()
            case Kind.OBJECT | Kind.MAP:
                return _given({child.name: child.value() for child in self.children})
            case Kind.LIST:
                return list(_given({at: child.value() for at, child in enumerate(self.children)}).values())
            case Kind.FILE:
                return MISSING
            case Kind.TEXT:
                return self.text
        return self._typed()

    def _typed(self) -> Any:
        with suppress(ValueError):
            value = parse(self.text.strip())
            if self.kind is Kind.JSON or (isinstance(value, int | float) and not isinstance(value, bool)):
                return value
        return self.text

    def paths(self) -> list[str]:
        """The files that are typed in here."""
        if self.state is not State.GIVEN:
            return []
        if self.kind is Kind.FILE:
            return [self.text] if self.text else []
        return [path for child in self.children for path in child.paths()]

    @property
    def holds_files(self) -> bool:
        """Whether it is files that are given here."""
        is_option = self.kind is Kind.UNION and self.state is State.GIVEN
        return is_option and self.spec.options[self.option].schema.get("title") in {"file", "files"} and (
            self.spec.options[self.option].kind is Kind.FILE or self.spec.options[self.option].item(0).kind is Kind.FILE
        )  # fmt: skip

    def faults(self) -> list[str]:
        """What is wrong with it, not with what is in it."""
        if self.told:
            return self.told
        if self.state is State.LEFT_OUT:
            return [REQUIRED] if self.is_required else []
        if not self.is_known:
            return [UNKNOWN]
        if self.kind is Kind.FILE:
            return list(faults(self.spec, self.text)) if self.text else [REQUIRED]
        if self.kind is Kind.UNION and self.state is State.GIVEN:
            return []
        if self.kind is Kind.JSON and not self.is_raw:
            return [str(fault) for fault in _json_faults(self.text)]
        return list(faults(self.spec, self.value()))

    def walk(self) -> Iterator[Entry]:
        """It and all that is in it and sent."""
        yield self
        if self.state is State.GIVEN:
            for child in self.children:
                yield from child.walk()

    # Its children

    def _field(self, name: str) -> Entry:
        return Entry(
            name, self.spec.properties[name], is_required=name in self.spec.required, depth=self.depth + 1
        )  # fmt: skip

    def _item(self, at: int) -> Entry:
        return Entry(str(at), self.spec.item(at), is_required=True, depth=self.depth + 1)

    def _value(self, name: str) -> Entry:
        return Entry(name, self.spec.value, is_required=True, depth=self.depth + 1)

    def _number(self) -> None:
        if self.kind is Kind.LIST:
            for at, child in enumerate(self.children):
                child.name = str(at)


class RequestForm:
    """The form of one endpoint.

    Args:
        schema: of its request.
        uploads: the parameters that take files.
    """

    def __init__(self, schema: Schema, uploads: Iterable[str] = ()) -> None:
        self.root = Entry(BODY, replace(read(schema, schema), uploads=frozenset(uploads)), is_required=True)

    def document(self) -> Any:
        """The request as JSON."""
        return self.root.value()

    def files(self) -> list[tuple[str, str]]:
        """Parameter and path of each file, as typed."""
        return [(child.name, path) for child in self.root.children for path in child.paths()]

    def fill(self, document: Any, files: Sequence[tuple[str, str]] | None = None) -> None:
        """Show a document; files stay as they are where none are said."""
        kept = self.files() if files is None else files
        self.root.fill(document)
        for child in self.root.children:
            paths = [path for name, path in kept if name == child.name]
            if paths and child.value() is MISSING:
                _fill_files(child, paths)

    def check(self) -> bool:
        """Whether it can be sent as far as can be said here; what was told of before is forgotten."""
        self.forget_told()
        return not any(entry.faults() for entry in self.root.walk())

    def forget_told(self) -> None:
        """Forget what the endpoint said."""
        for entry in self.root.walk():
            entry.told = []

    def tell(self, errors: Iterable[FieldError]) -> list[str]:
        """Take what the endpoint says is wrong to its fields; what none is found for comes back as sentences."""
        homeless = []
        for error in errors:
            _, *names = error.field.split(".")
            entry = _found(self.root, names)
            if entry is self.root:
                homeless.append(f"{error.field}: {error.message}")
            else:
                entry.told = [*entry.told, error.message]
        return homeless


def expanded(path: str) -> Path:
    """A path as it is typed, with the home folder that ``~`` stands for."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _given(values: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in values.items() if not isinstance(value, Missing)}


def _json_faults(text: str) -> Iterator[ValueError]:
    try:
        parse(text)
    except ValueError as fault:
        yield fault


def _fill_files(entry: Entry, paths: list[str]) -> None:
    if entry.kind is not Kind.UNION:
        return
    entry.choose(0)
    chosen = entry.children[0]
    if chosen.kind is Kind.FILE:
        chosen.type(paths[0])
        return
    chosen.children = []
    for path in paths:
        chosen.add().type(path)


def _found(entry: Entry, names: Sequence[str]) -> Entry:
    """The field at a path, or the last one before it that there is."""
    while entry.kind is Kind.UNION and entry.children and entry.state is State.GIVEN:
        if not names and not entry.children[0].is_leaf:
            break
        entry = entry.children[0]
    if not names:
        return entry
    for child in entry.children:
        # A name may hold dots of its own.
        for size in range(len(names), 0, -1):
            if child.name == ".".join(names[:size]):
                return _found(child, names[size:])
    return entry
