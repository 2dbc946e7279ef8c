"""Whatever happens to files and connections between two lines, a reader sees each line once and in its file's order."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aanad.adapters.logs import feed
from aanad.adapters.logs.session import Session
from aanad.core.records import LogQuery, LogSource

SOURCES = [
    LogSource("p", "m", None, "serve", "serve/replica_p_m_*.log"),
    LogSource("p", "m", "a", "stderr", "worker-w-*.err"),
]
NAMES = ("serve/replica_p_m_a.log", "serve/replica_p_m_b.log", "worker-w-1-2.err")


class Reader:
    """Follows with a session, as the reader and the client do together: a cut loses what the cursor does not hold."""

    def __init__(self, root: Path, *, tail: int | None) -> None:
        self._root = root
        self._query = LogQuery(tail=tail, follow=True)
        self._session = self._open(self._query)
        self._cursor: str | None = None
        self._given: dict[str, int] = {}
        self._owed: dict[str, int] = {}
        self.messages: list[str] = []

    def _open(self, query: LogQuery) -> Session:
        session = Session(query)
        session.use(SOURCES, self._root)
        for piece in session.begin():
            self._take(piece)
        return session

    def look(self) -> None:
        """One step, and a cursor where the reader must give one."""
        self._take(self._session.step())
        if self._session.wants_cursor:
            self.note()

    def note(self) -> None:
        """The daemon gives a cursor."""
        self._take(self._session.cursor())

    def cut(self) -> None:
        """The connection breaks; the client begins after the last cursor that it got."""
        self._session.close()
        self._owed |= self._given
        self._given = {}
        if self._cursor is not None:
            self._session = self._open(LogQuery(tail=0, follow=True, cursor=self._cursor))
        else:
            self._session = self._open(self._query)

    def finish(self, is_complete: Callable[[], bool]) -> None:
        """Read until everything is there."""
        deadline = time.monotonic() + 10
        while not is_complete() and time.monotonic() < deadline:
            self.look()
            time.sleep(0.01)
        self.look()
        self._session.close()

    def _take(self, piece: bytes) -> None:
        for line in piece.splitlines():
            document = json.loads(line)
            if "cursor" in document:
                self._cursor, self._given = document["cursor"], {}
                continue
            file, _, end = document["position"].rpartition(":")
            owed = self._owed.get(file, -1)
            if int(end) >= owed:
                self._owed.pop(file, None)
                self._given[file] = int(end)
            if int(end) > owed:
                self.messages.append(document["message"])


class Files:
    """Log files that are written and rotated as Serve and Ray do it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._count = 0
        (root / "serve").mkdir()
        self.written: dict[str, list[str]] = {name: [] for name in NAMES}

    def write(self, name: str, lines: int, *, half: bool) -> None:
        """Append lines; the last one first in two halves."""
        path = self._root / name
        for number in range(lines):
            self._count += 1
            message = f"message {self._count}"
            text = message if name.endswith(".err") else self._json(message)
            with path.open("a") as file:
                if half and number == lines - 1:
                    file.write(text[:9])
                    file.flush()
                    text = text[9:]
                file.write(f"{text}\n")
            self.written[name].append(message)

    def rotate(self, name: str) -> None:
        """Rename it, and those before it; nothing is removed."""
        path = self._root / name
        for number in range(9, 0, -1):
            old = path.with_name(f"{path.name}.{number}")
            if old.exists():
                old.rename(path.with_name(f"{path.name}.{number + 1}"))
        if path.exists():
            path.rename(path.with_name(f"{path.name}.1"))

    @staticmethod
    def _json(message: str) -> str:
        return json.dumps({"timestamp_ns": time.time_ns(), "levelname": "INFO", "message": message})


actions = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.integers(1, 5), st.booleans()),
    st.tuples(st.just("rotate"), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(["look", "note", "cut"])),
)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "WATERMARK_NS", 2_000_000)
    monkeypatch.setattr(feed, "JOIN_NS", 1_000_000)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(actions, max_size=6), then=st.lists(actions, max_size=25), whole=st.booleans())
def test_each_line_is_seen_once(before: list[tuple], then: list[tuple], *, whole: bool) -> None:  # type: ignore[type-arg]
    """Lines, rotations, cursors and cuts in any order; with a tail of 0, only what came after the first look."""
    with tempfile.TemporaryDirectory() as folder:
        files = Files(Path(folder))
        for action, *arguments in before:
            if action in {"write", "rotate"}:
                _do(files, action, arguments)
        first = {name: 0 if whole else len(lines) for name, lines in files.written.items()}
        reader = Reader(Path(folder), tail=None if whole else 0)
        reader.note()
        for action, *arguments in then:
            if action in {"write", "rotate"}:
                _do(files, action, arguments)
            else:
                getattr(reader, action)()
        expected = {name: lines[first[name] :] for name, lines in files.written.items()}
        reader.finish(lambda: len(reader.messages) >= sum(map(len, expected.values())))

        assert sorted(reader.messages) == sorted(message for lines in expected.values() for message in lines)
        for lines in expected.values():
            assert [message for message in reader.messages if message in set(lines)] == lines


def _do(files: Files, action: str, arguments: list) -> None:  # type: ignore[type-arg]
    if action == "write":
        name, lines, half = arguments
        files.write(name, lines, half=half)
    else:
        files.rotate(*arguments)
