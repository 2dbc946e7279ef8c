"""What ``/`` takes: regex, ``!regex``, ``~fuzzy`` and ``key=value``, combined by blanks. Knows no widget."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MOST_CHARACTERS = 2_000
"""Of a text that are looked at: one odd line must not hold up the screen."""
_KEY = re.compile(r"([A-Za-z][\w/-]*)(!?)=(.*)", re.DOTALL)
_PARTS = re.compile(r"[\s,]+")
_NOTHING = {"", "-", "–"}  # noqa: RUF001 - how tables write that there is nothing


class Filter(NamedTuple):
    """A filter that was read. One that could not be read lets everything through and says why in `error`."""

    text: str = ""
    """As it was typed."""
    error: str = ""
    """One line."""
    tests: tuple[Callable[[str, Mapping[str, str]], bool], ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    """What to highlight."""

    def matches(self, text: str, values: Mapping[str, str] | None = None) -> bool:
        """Whether all terms hold.

        Args:
            text: all that is seen of it, in one line.
            values: what ``key=value`` looks at.
        """
        text, values = text[:MOST_CHARACTERS], values or {}
        return all(test(text, values) for test in self.tests)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the text has what was looked for, from where to where."""
        found = [match.span() for pattern in self.patterns for match in pattern.finditer(text[:MOST_CHARACTERS])]
        return sorted(span for span in found if span[0] < span[1])


def read_filter(text: str, keys: Sequence[str] = ()) -> Filter:
    """Read a filter.

    Args:
        text: terms between blanks; all of them must hold. A regex with a capital letter is read as it stands,
            another one in both cases.
        keys: of ``key=value``; a key may be cut short where that leaves one only. Where there are none, such a
            term is a regex.
    """
    tests: list[Callable[[str, Mapping[str, str]], bool]] = []
    patterns: list[re.Pattern[str]] = []
    for term in text.split():
        is_not = term.startswith("!") and len(term) > 1
        try:
            test, pattern = _test(term[1:] if is_not else term, keys)
        except InvalidInput as error:
            return Filter(text, f"{error.message} {error.hint or ''}".strip())
        tests.append(_negated(test) if is_not else test)
        if pattern is not None and not is_not:
            patterns.append(pattern)
    return Filter(text, "", tuple(tests), tuple(patterns))


def completed(key: str, keys: Sequence[str]) -> str:
    """The key that begins so.

    Raises:
        InvalidInput: there is none, or there are several.
    """
    wanted = key.casefold()
    found = [one for one in keys if one.casefold() == wanted]
    found = found or [one for one in keys if one.casefold().startswith(wanted)]
    if len(found) != 1:
        raise InvalidInput(f"There is no column {key}.", hint=f"There are {', '.join(keys)}.", code="unknown_column")
    return found[0]


def _test(term: str, keys: Sequence[str]) -> tuple[Callable[[str, Mapping[str, str]], bool], re.Pattern[str] | None]:
    by_key = _KEY.fullmatch(term) if keys else None
    if by_key is not None:
        key = completed(by_key[1], keys)
        test = _value_test(key, by_key[3].casefold())
        return (_negated(test) if by_key[2] else test), None
    if term.startswith("~") and len(term) > 1:
        letters = term[1:].casefold()
        return lambda text, _: _has_letters(text.casefold(), letters), None
    try:
        pattern = re.compile(term, 0 if any(map(str.isupper, term)) else re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise InvalidInput(f"{term} is no regular expression: {error}.", code="invalid_filter") from error
    return lambda text, _: pattern.search(text) is not None, pattern


def _negated(test: Callable[[str, Mapping[str, str]], bool]) -> Callable[[str, Mapping[str, str]], bool]:
    return lambda text, values: not test(text, values)


def _value_test(key: str, wanted: str) -> Callable[[str, Mapping[str, str]], bool]:
    def test(_: str, values: Mapping[str, str]) -> bool:
        value = values.get(key, "").casefold()
        if not wanted:
            return value in _NOTHING
        return any(fnmatchcase(part, wanted) for part in (value, *_PARTS.split(value)))

    return test


def _has_letters(text: str, letters: Iterable[str]) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
