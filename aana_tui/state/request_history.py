"""Requests that were sent, and those saved by name, on this user's disk; what was typed, and never an answer.

Several consoles may write at a time. Nothing but this user reads the files.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aanad.errors import AanaError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEPT = 200
MAX_ENTRY_BYTES = 256 << 10
"""A larger request is not kept: the history is read whole each time."""
MAX_BYTES = 8 << 20
VERSION = 1


@dataclass(frozen=True)
class SavedRequest:
    """A request as it was typed."""

    project: str
    endpoint: str
    text: str
    """The document as JSON; or what was typed instead of one."""
    files: tuple[tuple[str, str], ...] = ()
    accept: str = "*/*"
    name: str = ""
    """Of a saved case."""
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    """When it was sent or saved."""
    outcome: str = ""
    """How it went: ``200``, ``cancelled``; empty for a case."""
    total_s: float | None = None
    size: int | None = None
    """Bytes of the answer."""


class RequestHistory:
    """The history and the cases of one context.

    Args:
        folder: where the files are; it is made when something is kept.
        context: which daemon they are of.
    """

    def __init__(self, folder: Path, context: str) -> None:
        readable = re.sub(r"[^A-Za-z0-9.-]+", "-", context).strip("-.")[:40] or "context"
        digest = hashlib.sha256(context.encode()).hexdigest()[:8]
        self._sent = _Requests(folder / f"{readable}-{digest}.history.json")
        self._cases = _Requests(folder / f"{readable}-{digest}.cases.json")

    def sent(self) -> list[SavedRequest]:
        """What was sent, the newest first.

        Raises:
            AanaError: ``history_unreadable``, once: a broken file has been moved aside.
        """
        return list(reversed(self._sent.read()))

    def cases(self, project: str | None = None) -> list[SavedRequest]:
        """What was saved, by project and name; `sent` says what is raised."""
        found = [case for case in self._cases.read() if project in {None, case.project}]
        return sorted(found, key=lambda case: (case.project, case.name))

    def keep(self, request: SavedRequest) -> None:
        """Add a request that was sent; `sent` says what is raised, and it is kept all the same."""
        if len(request.text.encode(errors="replace")) <= MAX_ENTRY_BYTES:
            self._sent.change(lambda kept: [*kept, request][-KEPT:])

    def save(self, case: SavedRequest) -> None:
        """Save a request by its name; an older one of that name is replaced.

        Raises:
            AanaError: ``case_too_large``.
        """
        if len(case.text.encode(errors="replace")) > MAX_ENTRY_BYTES:
            raise AanaError(
                f"A request of more than {MAX_ENTRY_BYTES >> 10} KiB is not saved.",
                hint="Let a file take the large part, where the endpoint takes files.",
                code="case_too_large",
            )
        self._cases.change(lambda cases: [*(one for one in cases if not _is_same_case(one, case)), case])

    def delete(self, request: SavedRequest) -> None:
        """Forget a request or a case."""
        requests = self._cases if request.name else self._sent
        requests.change(lambda kept: [one for one in kept if one != request])


def find_case(cases: list[SavedRequest], name: str) -> SavedRequest:
    """The case of a name.

    Raises:
        NotFound: ``case_not_found``.
    """
    for case in cases:
        if case.name == name:
            return case
    raise NotFound(f"There is no saved case {name!r}.", hint="`H` lists them.", code="case_not_found")


def _is_same_case(one: SavedRequest, other: SavedRequest) -> bool:
    return (one.project, one.name) == (other.project, other.name)


class _Requests:
    """A file of requests, the oldest first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[SavedRequest]:
        try:
            with self._path.open("rb") as file:
                return _parsed(file.read(2 * MAX_BYTES))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise AanaError(f"{self._path} cannot be read: {error.strerror}.", code="history_unreadable") from error
        except (ValueError, RecursionError) as error:
            aside = self._move_aside()
            raise AanaError(
                f"What was remembered of requests cannot be read; it is now {aside}.",
                hint="The console begins a new one.",
                code="history_unreadable",
            ) from error

    def change(self, change: Callable[[list[SavedRequest]], list[SavedRequest]]) -> None:
        try:
            with self._locked():
                fault = None
                try:
                    before = self.read()
                except AanaError as error:
                    fault, before = error, []
                self._write(change(before))
                if fault is not None:
                    raise fault
        except OSError as error:
            raise AanaError(
                f"{self._path.parent} cannot be written: {error.strerror or error}.", code="history_unwritable"
            ) from error

    def _write(self, requests: list[SavedRequest]) -> None:
        lines = [json.dumps(asdict(request), ensure_ascii=True) for request in requests]
        size = sum(len(line) + 2 for line in lines)
        while size > MAX_BYTES and len(lines) > 1:
            size -= len(lines.pop(0)) + 2
        text = f'{{"version": {VERSION}, "requests": [\n' + ",\n".join(lines) + "\n]}\n"
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")  # 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _move_aside(self) -> Path:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        aside = self._path.with_name(f"{self._path.name}.broken-{stamp}")
        with suppress(OSError):
            self._path.replace(aside)
        return aside


def _parsed(content: bytes) -> list[SavedRequest]:
    document: Any = json.loads(content)
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError("not a file of requests")
    return [_request(item) for item in document["requests"]]


def _request(item: Any) -> SavedRequest:
    try:
        request = SavedRequest(**{**item, "files": tuple((str(name), str(path)) for name, path in item["files"])})
    except (TypeError, KeyError) as error:
        raise ValueError("not a request") from error
    texts = (request.project, request.endpoint, request.text, request.accept, request.name, request.at, request.outcome)
    numbers = (request.total_s, request.size)
    if not all(isinstance(text, str) for text in texts) or not all(
        number is None or isinstance(number, int | float) for number in numbers
    ):
        raise ValueError("not a request")
    return request
