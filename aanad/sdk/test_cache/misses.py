"""A call that was never recorded: which file would be needed, and what differs from the nearest that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aanad.sdk.test_cache import recording
from aanad.sdk.test_cache.encoding import KIND, canonical
from aanad.sdk.test_cache.mode import SAVE_VARIABLE
from aanad.sdk.test_cache.problems import RecordingMissing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aanad.sdk.test_cache.key import Key

SHOWN_LENGTH = 60
SHOWN_DIFFERENCES = 3
_NOTHING = object()


def miss(key: Key, path: Path) -> RecordingMissing:
    """The error that a call without a recording raises."""
    name = f"{key.deployment}.{key.method}"
    nearest = _nearest(key, path.parent)
    if nearest is None:
        compared = f"There is no recording of {name} in {path.parent}."
        extra = {"needed": str(path)}
    else:
        other, found = nearest
        listed = list(_differences(key.as_json(), found))
        told = "; ".join(_told(*each) for each in listed[:SHOWN_DIFFERENCES])
        more = f"; and {len(listed) - SHOWN_DIFFERENCES} more" if len(listed) > SHOWN_DIFFERENCES else ""
        compared = f"The nearest, {other.name}, differs in {told}{more}."
        extra = {"needed": str(path), "nearest": str(other)}
    return RecordingMissing(
        f"This call of {name} was never recorded: {path} is missing. {compared}",
        hint=f"Record it with {SAVE_VARIABLE}=true where the model can be loaded, or correct the call.",
        extra=extra,
    )


def ended_early(key: Key, path: Path, chunks: int) -> RecordingMissing:
    """The error after the last chunk of a stream whose recorder went away."""
    return RecordingMissing(
        f"The recording {path} of {key.deployment}.{key.method} ends after {chunks} chunks: when it was made, its "
        "reader went away.",
        hint=f"Record it with {SAVE_VARIABLE}=true and read the stream to its end.",
        extra={"needed": str(path)},
    )


def _nearest(key: Key, folder: Path) -> tuple[Path, dict[str, Any]] | None:
    asked = key.as_json()
    others = list(recording.of_method(folder, key.method))
    return min(others, key=lambda other: _distance(asked, other[1]), default=None)


def _distance(asked: dict[str, Any], found: dict[str, Any]) -> tuple[int, int]:
    """How many values differ, and by how many characters: of two that differ in one, the likelier slip wins."""
    from difflib import SequenceMatcher

    listed = list(_differences(asked, found))
    ratios = (
        SequenceMatcher(None, canonical(here)[:500], canonical(there)[:500]).ratio()
        for _, here, there in listed
        if here is not _NOTHING and there is not _NOTHING
    )
    return len(listed), -int(1000 * sum(ratios))


def _differences(asked: dict[str, Any], found: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for part, word in (("arguments", "argument"), ("config", "config key")):
        for path, here, there in _compare(asked[part], found.get(part), ""):
            yield f"{word} {path}" if path else part, here, there


def _compare(here: Any, there: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(here, dict) and isinstance(there, dict) and here.get(KIND) == there.get(KIND):
        for key in sorted(here.keys() | there.keys()):
            inner = path if key == "fields" and KIND in here else f"{path}.{key}".lstrip(".")
            yield from _compare(here.get(key, _NOTHING), there.get(key, _NOTHING), inner)
    elif here is _NOTHING or there is _NOTHING or canonical(here) != canonical(there):
        yield path, here, there


def _told(path: str, here: Any, there: Any) -> str:
    if there is _NOTHING:
        return f"{path}: {_shown(here)}, which it has not"
    if here is _NOTHING:
        return f"{path}, which it has as {_shown(there)}"
    return f"{path}: {_shown(here)}, recorded {_shown(there)}"


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else canonical(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 1]}…"
