"""A log in a file: written in a thread, complete or not there at all, and never over another file unasked."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from aana_tui.state.log_entries import entry_of
from aanad.errors import AanaError, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aana_tui.state.log_entries import LogEntry
    from aana_tui.state.log_feed import LogQuery
    from aanad.client import Client

MODE = 0o600
"""Logs may hold what users sent."""


class LogSave:
    """One file that is being written: lines as `aana logs` prints them, or records where it ends with ``.jsonl``.

    Args:
        path: where.
        entries: makes what is written; called in the save's own thread.
        replaces: whether a file that is there may go.
    """

    def __init__(self, path: Path, entries: Callable[[], Iterable[LogEntry]], *, replaces: bool = False) -> None:
        self.path = path
        self.records = 0
        """Written so far."""
        self.bytes = 0
        self.error: AanaError | None = None
        self.is_done = False
        """Whether the file is complete; or, with `error`, will never be."""
        self._entries = entries
        self._replaces = replaces
        self._is_cancelled = False
        self._thread = Thread(target=self._run, name="save", daemon=True)

    def begin(self) -> None:
        """Begin to write."""
        self._thread.start()

    def cancel(self) -> None:
        """Stop; nothing stays behind."""
        self._is_cancelled = True

    def wait(self, timeout_s: float) -> None:
        """Wait until it is done, where the console ends."""
        self._thread.join(timeout_s)

    def words(self) -> str:
        """How it stands, in one sentence."""
        if self.error is not None:
            return f"{self.error.message} {self.error.hint or ''}".rstrip()
        size = f"{self.records:,} records, {self.bytes / 1e6:.1f} MB"
        return f"Saved {size} to {self.path}." if self.is_done else f"saving {size}"

    def _run(self) -> None:
        try:
            self._write()
        except AanaError as error:
            self.error = error
        except OSError as error:
            self.error = _unusable(self.path, error)
        except Exception as error:  # noqa: BLE001 - whoever waits for it must hear of it
            self.error = Failed(f"The log could not be saved: {error!r}.", hint="Please report this.")
        self.is_done = True

    def _write(self) -> None:
        if self.path.is_dir():
            raise Failed(f"{self.path} is a folder.", hint="Name a file in it.", code="file_unusable")
        if self.path.exists() and not self._replaces:
            raise _exists(self.path)
        part = self.path.with_name(f".{self.path.name}.part-{os.getpid()}")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, MODE), "wb") as file:
                for line in self._lines():
                    file.write(line)
                    self.records += 1
                    self.bytes += len(line)
            if self._replaces:
                part.replace(self.path)
                return
            try:
                # Unlike a rename, it fails where somebody else made the file meanwhile.
                os.link(part, self.path)
            except FileExistsError as error:
                raise _exists(self.path) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _lines(self) -> Iterator[bytes]:
        as_records = self.path.suffix == ".jsonl"
        for entry in self._entries():
            if self._is_cancelled:
                raise Failed("The log was not saved: it was cancelled.", code="cancelled")
            text = entry.as_json(indent=None) if as_records else entry.as_line()
            yield f"{text}\n".encode(errors="replace")


def whole_log(connect: Callable[[], Client], query: LogQuery) -> Iterator[LogEntry]:
    """All records that the daemon has of what is looked at, whole."""
    with connect() as client:
        records = client.logs(
            *query.projects, deployment=query.deployment, replica=query.replica, source=query.source, tail="all"
        )
        for record in records:
            yield entry_of(record, whole=True)


def path_of(text: str) -> Path:
    """The file that was named."""
    return Path(text.strip()).expanduser()


def _exists(path: Path) -> Failed:
    return Failed(f"{path} is there already.", hint=f"`:w! {path}` replaces it.", code="file_exists")


def _unusable(path: Path, error: OSError) -> Failed:
    return Failed(
        f"{path} cannot be written: {error.strerror or error}.",
        hint="Name another file, or mend its folder, its rights or its disk.",
        code="file_unusable",
    )
