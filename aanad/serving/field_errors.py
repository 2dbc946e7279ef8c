"""What is wrong with each field of a request, in one sentence a field that says what would be right.

Pydantic reports one error for each branch of a union and puts the branch's name into the path. Here the endpoint's
JSON schema tells names of fields from names of branches, and of a union only what helps is kept: the errors inside
the branch that the value was meant for, or all that the value might have been.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aanad.serving.field_messages import UNKNOWN_FIELD, expected, is_of_wrong_kind, received, sentence
from aanad.wire.problems import FieldError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from aanad.sdk.signature import JsonSchema

MANY_ERRORS = 1000
"""More errors than this are only counted."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class _Located:
    """An error with its place: the path that a client knows, and at which of its steps which branch was tried."""

    path: Path
    forks: tuple[tuple[int, str], ...]
    error: ErrorDetails
    known: tuple[str, ...] = ()
    """The fields that there are, where an unknown one was sent."""


@dataclass(frozen=True)
class _Finding:
    path: Path
    message: str
    wanted: str | None = None
    """What the value should have been, if it is of the wrong kind."""
    instead: str = ""
    """What it is, where that is the mistake."""
    is_choice: bool = False
    """Whether it is one of a few constants: a wrong one means that another branch was meant."""


def explain(error: ValidationError, schema: JsonSchema) -> list[FieldError]:
    """The refused fields in the order of the signature, each once.

    Args:
        error: what pydantic found; at most `MANY_ERRORS`.
        schema: the JSON schema of the request.
    """
    located = [_locate(each, schema) for each in error.errors(include_url=False)]
    findings = {finding.path: finding for finding in reversed(_resolve(located, 0))}
    return [
        FieldError(field=".".join(["body", *map(str, finding.path)]), message=finding.message)
        for finding in reversed(findings.values())
    ]


# Places


def _locate(error: ErrorDetails, schema: JsonSchema) -> _Located:
    loc = error["loc"]
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        discriminator = error["ctx"]["discriminator"].strip("'")
        if discriminator.isidentifier():
            loc = (*loc, discriminator)
    found = _walk(schema, loc, schema, error)
    return found or _Located(loc, (), error)


def _walk(schema: JsonSchema, loc: Path, root: JsonSchema, error: ErrorDetails) -> _Located | None:
    """Follow `loc` through `schema`; None if it does not lead there."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if not loc:
        return _Located((), (), error)
    options = [option for option in schema.get("anyOf") or schema.get("oneOf") or [] if option.get("type") != "null"]
    if options:
        return _walk_union(schema, options, loc, root, error)
    step, rest = loc[0], loc[1:]
    if rest == ("[key]",):
        return _Located((step,), (), error)
    inner = _step_into(schema, step)
    if inner is None:
        is_unknown = not rest and error["type"] in UNKNOWN_FIELD
        return _Located((step,), (), error, tuple(schema.get("properties", ()))) if is_unknown else None
    found = _walk(inner, rest, root, error)
    if found is None:
        return None
    forks = tuple((depth + 1, branch) for depth, branch in found.forks)
    return _Located((step, *found.path), forks, error, found.known)


def _walk_union(
    schema: JsonSchema, options: list[JsonSchema], loc: Path, root: JsonSchema, error: ErrorDetails
) -> _Located | None:
    branch, rest = loc[0], loc[1:]
    mapping = schema.get("discriminator", {}).get("mapping", {})
    if branch in mapping:
        options = [{"$ref": mapping[branch]}]
    elif schema.get("discriminator", {}).get("propertyName") == branch and not rest:
        return _Located(loc, (), error)
    if len(options) > 1 or mapping:
        for option in options:
            found = _walk(option, rest, root, error)
            if found is not None:
                return _Located(found.path, ((0, str(branch)), *found.forks), error, found.known)
    return next(filter(None, (_walk(option, loc, root, error) for option in options)), None)


def _step_into(schema: JsonSchema, step: str | int) -> JsonSchema | None:
    if isinstance(step, int):
        items = schema.get("prefixItems", [])
        inner = items[step] if step < len(items) else schema.get("items")
    else:
        patterns: Mapping[str, Any] = schema.get("patternProperties", {})
        inner = schema.get("properties", {}).get(step) or schema.get("additionalProperties")
        inner = inner or next(iter(patterns.values()), None)
    return inner if isinstance(inner, dict) else None


# Unions


def _resolve(located: Iterable[_Located], depth: int) -> list[_Finding]:
    """One finding a field; `depth` counts the unions that are behind."""
    findings: list[_Finding] = []
    unions: dict[Path, dict[str, list[_Located]]] = {}
    for each in located:
        if depth == len(each.forks):
            findings.append(_finding(each))
            continue
        at, branch = each.forks[depth]
        place = each.path[:at]
        if place not in unions:
            unions[place] = {}
        unions[place].setdefault(branch, []).append(each)
    for place, branches in unions.items():
        findings.extend(_closest([_resolve(branch, depth + 1) for branch in branches.values()], place))
    return findings


def _closest(branches: list[list[_Finding]], place: Path) -> list[_Finding]:
    """What helps most of the findings of a union's branches."""
    fitting = [branch for branch in branches if not any(each.path == place and each.wanted for each in branch)]
    if not fitting:
        return [_any_of([finding for branch in branches for finding in branch if finding.wanted], place)]
    choices = [next((each for each in branch if each.is_choice), None) for branch in fitting]
    meant = [branch for branch, choice in zip(fitting, choices, strict=True) if choice is None]
    if meant:
        return min(meant, key=len)
    wrong = [choice for choice in choices if choice is not None]
    if len({choice.path for choice in wrong}) == 1:
        return [_any_of(wrong, wrong[0].path)]
    return min(fitting, key=len)


def _any_of(findings: list[_Finding], place: Path) -> _Finding:
    wanted = list(dict.fromkeys(_alternatives(findings)))
    listed = " or ".join([", ".join(wanted[:-1]), wanted[-1]] if len(wanted) > 1 else wanted)
    instead = findings[0].instead if all(each.instead for each in findings) else ""
    return _Finding(place, f"must be {listed}{instead}", wanted=listed, instead=instead)


def _alternatives(findings: Iterable[_Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.wanted:
            yield finding.wanted


def _finding(located: _Located) -> _Finding:
    error = located.error
    message = sentence(error)
    if located.known:
        near = difflib.get_close_matches(str(located.path[-1]), located.known, n=1)
        message += f"; did you mean {near[0]!r}?" if near else ""
    return _Finding(
        located.path,
        message,
        wanted=expected(error),
        instead=received(error["input"]) if is_of_wrong_kind(error) else "",
        is_choice=error["type"] in {"literal_error", "enum"},
    )
