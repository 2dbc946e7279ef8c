"""What becomes of lines: tracebacks, progress bars, lines of megabytes, bytes that are no text."""

from __future__ import annotations

import io
import json
import os
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from aanad.adapters.logs.entries import MAX_MESSAGE_CHARS
from aanad.adapters.logs.session import Session
from aanad.core.records import LogQuery, LogSource
from aanad.wire.logs import LogRecord

SERVE = LogSource("p", "m", None, "serve", "serve/replica_p_m_*.log")
STDERR = LogSource("p", "m", "a", "stderr", "worker-w-*.err")


def read(tmp_path: Path, tail: int | None = None, *, living: str = "a", **query: object) -> list[LogRecord]:
    """All records, without following."""
    session = Session(LogQuery(tail=tail, **query))  # type: ignore[arg-type]
    session.use([SERVE, replace(STDERR, living=frozenset(living))], tmp_path)
    pieces = [*session.begin()]
    while True:
        pieces.append(session.step())
        if session.is_over:
            break
    session.close()
    return [LogRecord.model_validate_json(line) for line in b"".join(pieces).splitlines()]


def stderr(tmp_path: Path, data: bytes) -> None:
    """What a process wrote to its standard error."""
    (tmp_path / "worker-w-1-2.err").write_bytes(b":job_id:01\n:actor_name:x\n" + data)


def serve(tmp_path: Path, *lines: dict[str, object]) -> None:
    """A replica's log."""
    folder = tmp_path / "serve"
    folder.mkdir(exist_ok=True)
    text = "".join(json.dumps({"timestamp_ns": 10**18 + n, "levelname": "INFO", **line}) + "\n"
                   for n, line in enumerate(lines))  # fmt: skip
    (folder / "replica_p_m_a.log").write_text(text)


def printed(error: Callable[[], None]) -> str:
    """A traceback as Python prints it."""
    try:
        error()
    except Exception:  # noqa: BLE001
        out = io.StringIO()
        traceback.print_exc(file=out)
        return out.getvalue()
    raise AssertionError


def plain() -> None:
    raise ValueError("x")


def caused() -> None:
    try:
        plain()
    except ValueError as error:
        raise RuntimeError("y") from error


def in_turn() -> None:
    try:
        caused()
    except RuntimeError:
        raise KeyError("z")  # noqa: B904


def grouped() -> None:
    errors = []
    for each in (plain, in_turn):
        try:
            each()
        except Exception as error:  # noqa: BLE001
            errors.append(error)
    raise ExceptionGroup("several", errors)


ERRORS = [plain, caused, in_turn, grouped]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("tail", [None, 3])
def test_a_traceback_in_text_is_one_record(tmp_path: Path, error: Callable[[], None], tail: int | None) -> None:
    """Between two other lines; it counts as an error."""
    text = printed(error)
    stderr(tmp_path, f"before it\n{text}after it\n".encode())

    records = read(tmp_path, tail)

    assert [record.message for record in records] == ["before it", text.rstrip("\n"), "after it"]
    assert [record.level for record in records] == [None, "error", None]
    assert [record.message for record in read(tmp_path, tail, level="error")] == [text.rstrip("\n")]


@pytest.mark.parametrize("error", ERRORS)
def test_a_traceback_that_serve_logged_line_by_line_is_one_record(tmp_path: Path, error: Callable[[], None]) -> None:
    """``traceback.print_exc()`` in a replica: Serve makes a record of each line."""
    text = printed(error)
    lines = [{"message": line, "filename": "traceback.py"} for line in text.splitlines()]
    serve(tmp_path, {"message": "before it"}, *lines, {"message": "after it", "filename": "app.py"})

    records = read(tmp_path)

    assert [record.message for record in records] == ["before it", text.rstrip("\n"), "after it"]
    assert [record.level for record in records] == ["info", "error", "info"]


def test_an_exception_whose_message_has_several_lines(tmp_path: Path) -> None:
    """As pydantic raises them; Serve says that Python's traceback module wrote them all."""
    text = "Traceback (most recent call last):\n  File 'x'\nValidationError: 1 error\nname\n  Field required"
    lines = [{"message": line, "filename": "traceback.py"} for line in text.splitlines()]
    serve(tmp_path, *lines, {"message": "name", "filename": "app.py"})

    assert [record.message for record in read(tmp_path)] == [text, "name"]


def test_a_logged_exception_belongs_to_its_message(tmp_path: Path) -> None:
    """In text with times, as Python's logging writes it."""
    text = printed(plain).rstrip("\n")
    stderr(tmp_path, f"2026-01-02 03:04:05,678 ERROR it failed\n{text}\n2026-01-02 03:04:06,000 INFO on\n".encode())

    first, second = read(tmp_path)

    assert first.message == f"2026-01-02 03:04:05,678 ERROR it failed\n{text}"
    assert (first.level, first.by_arrival, second.level) == ("error", False, "info")


def test_two_tracebacks_are_two_records(tmp_path: Path) -> None:
    """One after the other, where neither caused the other."""
    text = printed(plain)
    stderr(tmp_path, (text + text).encode())

    assert [record.message for record in read(tmp_path)] == [text.rstrip("\n")] * 2


def test_a_progress_bar_is_its_last_state(tmp_path: Path) -> None:
    """It writes over its own line; what was seen last is what is told."""
    stderr(tmp_path, b"\r 0%|   |\r50%|#  |\r99%|## |\r100%|###|\nwindows line\r\n")

    assert [record.message for record in read(tmp_path)] == ["100%|###|", "windows line"]


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    """One bad byte does not cost a line."""
    stderr(tmp_path, b"bad \xff byte\n")

    assert [record.message for record in read(tmp_path)] == ["bad \ufffd byte"]


@pytest.mark.parametrize("size", [MAX_MESSAGE_CHARS + 1, 3_000_000, 11_000_000])
@pytest.mark.parametrize("tail", [None, 100_000])
def test_a_line_of_megabytes_comes_in_pieces(tmp_path: Path, size: int, tail: int | None) -> None:
    """Each of bounded size, with a position of its own; together they are the line."""
    line = "".join(f"{number:09} " for number in range(size // 10))
    stderr(tmp_path, f"before it\n{line}\nafter it\n".encode())

    first, *pieces, last = read(tmp_path, tail)

    assert "".join(piece.message for piece in pieces) == line
    assert max(len(piece.message) for piece in pieces) <= MAX_MESSAGE_CHARS
    assert (first.message, last.message) == ("before it", "after it")
    ends = [int(record.position.partition(":")[2]) for record in (first, *pieces, last)]
    assert ends == sorted(set(ends))


def test_the_last_words_without_a_line_end(tmp_path: Path) -> None:
    """They are told when the replica is gone and wrote nothing for a while; as long as it lives they may grow."""
    stderr(tmp_path, b"whole\nhalf a li")
    assert [record.message for record in read(tmp_path)] == ["whole"]

    os.utime(tmp_path / "worker-w-1-2.err", (1_000_000_000, 1_000_000_000))
    assert [record.message for record in read(tmp_path, living="")] == ["whole", "half a li"]
    assert [record.message for record in read(tmp_path, 5, living="")] == ["whole", "half a li"]


def test_times_and_levels_of_rays_own_lines(tmp_path: Path) -> None:
    """Ray's processes written in C++ and in Python have formats of their own."""
    stderr(tmp_path, b"[2026-01-02 03:04:05,678 W 12 34] core.cc:1: hm\n2026-01-02T03:04:06.5Z ERROR x\nsimple\n")

    first, second, third = read(tmp_path)

    assert (first.level, first.time.microsecond, first.by_arrival) == ("warning", 678_000, False)
    assert (second.level, second.time.isoformat()) == ("error", "2026-01-02T03:04:06.500000+00:00")
    assert (third.level, third.by_arrival, third.time) == (None, True, second.time)


def test_json_that_is_not_quite_json(tmp_path: Path) -> None:
    """Python writes NaN, and halves of characters; a document of somebody else's is shown as it is."""
    (tmp_path / "serve").mkdir()
    (tmp_path / "serve" / "replica_p_m_a.log").write_text(
        '{"timestamp_ns": 1, "message": "a", "loss": NaN}\n{"timestamp_ns": 2, "message": "\\ud800"}\n{"loss": 1}\n{x\n'
    )

    assert [record.message for record in read(tmp_path)] == ["a", "?", '{"loss": 1}', "{x"]
