"""Secrets in what a project logs or raises are replaced before anybody is shown it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from aanad.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aanad.core.ports import Secrets

_URL_SAFE = str.maketrans("+/", "-_")
MARK = "***"
MIN_CHARS = 6
"""Shorter values are words that stand everywhere; without them a log could not be read."""


class Redactor:
    """Replaces every value, and its base64 and URL-quoted forms."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values if len(value) >= MIN_CHARS for form in _forms(value)}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    @classmethod
    def together(cls, redactors: Iterable[Redactor]) -> Redactor:
        """One that replaces what any of them does."""
        made = cls(())
        forms = {form for redactor in redactors for form in redactor._forms}  # noqa: SLF001 - of this class
        made._forms = sorted(forms, key=lambda form: (-len(form), form))
        return made

    def text(self, text: str) -> str:
        """The text, without any of the values."""
        return _without(text, self._forms)

    def lines(self, lines: list[str]) -> list[str]:
        """Each line, without any of the values."""
        if not self._forms:
            return lines
        # Looking once through all lines costs a small part of looking through each; mostly there is nothing to find.
        whole = "\n".join(lines)
        found = [form for form in self._forms if form in whole]
        return [_without(line, found) for line in lines] if found else lines


class Redaction:
    """A redactor for each project, made anew when its secrets change."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._made: dict[str, tuple[dict[str, str], Redactor]] = {}
        self._together: tuple[tuple[Redactor, ...], Redactor] | None = None

    async def of(self, project: str) -> Redactor:
        """The redactor of a project's secrets; the last one where they cannot be read now."""
        known = self._made.get(project)
        try:
            values = await self._secrets.values(project)
        except StoreUnavailable:
            values = known[0] if known is not None else {}
        if known is None or known[0] != values:
            known = self._made[project] = (values, Redactor(values.values()))
        return known[1]

    async def of_all(self, projects: Iterable[str]) -> Redactor:
        """A redactor of the secrets of several projects."""
        redactors = tuple([await self.of(project) for project in projects])
        if self._together is None or self._together[0] != redactors:
            self._together = (redactors, Redactor.together(redactors))
        return self._together[1]


def _without(text: str, forms: list[str]) -> str:
    for form in forms:
        if form in text:
            text = text.replace(form, MARK)
    return text


def _forms(value: str) -> Iterator[str]:
    yield value
    # Records come a line at a time, and a key in PEM is many.
    yield from (line for line in value.splitlines() if len(line) >= MIN_CHARS)
    yield repr(value)[1:-1]
    yield json.dumps(value)[1:-1]
    data = value.encode(errors="surrogatepass")
    yield quote(data, safe="")
    yield quote(data)
    yield quote_plus(data)
    for encoded in _base64_forms(data):
        yield encoded
        yield encoded.translate(_URL_SAFE)


def _base64_forms(data: bytes) -> Iterator[str]:
    """By itself, and inside of something longer, ``user:password`` say: there it may begin at any of three places."""
    whole = base64.b64encode(data).decode()
    yield whole
    yield whole.rstrip("=")
    for before, mixed in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(bytes(before) + data).decode()
        inner = encoded[mixed : (before + len(data)) * 8 // 6]
        if len(inner) >= MIN_CHARS:
            yield inner
