"""Following logs over cuts: each record once, from where the daemon said the stream stood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import httpx
import pytest

from aanad.client import Client, pauses
from aanad.errors import DaemonUnavailable, Failed, InvalidInput, NotFound
from aanad.wire.logs import LogCursor, LogRecord
from tests.client.fake_daemon import NOW, FakeDaemon

Part = int | str | Exception
"""A record of the file ``f`` that ends at this offset, a cursor, or how the stream breaks."""


def line(part: int | str) -> bytes:
    """As the daemon writes it."""
    if isinstance(part, str):
        return LogCursor(cursor=part).model_dump_json().encode() + b"\n"
    record = LogRecord(time=NOW, source="serve", message=f"m{part}", position=f"f:{part}")
    return record.model_dump_json().encode() + b"\n"


class _Stream(httpx.SyncByteStream):
    def __init__(self, parts: list[Part]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            data = line(part)
            # Pieces of TCP end anywhere.
            yield data[:7]
            yield data[7:]
            yield b"\n"


class Daemon:
    """Answers one stream after the other."""

    def __init__(self, *answers: list[Part] | Callable[[], httpx.Response]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str | None, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        self.asked.append((request.url.params.get("cursor"), request.headers.get("Aana-Cursor")))
        answer = self._answers.pop(0)
        return answer() if callable(answer) else httpx.Response(200, stream=_Stream(answer))

    def client(self) -> Client:
        """A client of it."""
        return Client("unix:///nowhere/aanad.sock", transport=httpx.MockTransport(self))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "MIN_PAUSE_S", 0.001)


def refused() -> httpx.Response:
    raise httpx.ConnectError("gone") from ConnectionRefusedError("gone")


CUT = httpx.ReadError("cut")


def test_a_follower_sees_each_record_once_over_cuts() -> None:
    """It begins again after the last cursor, and drops what it gave out since."""
    daemon = Daemon([1, "c1", 2, 3, CUT], refused, refused, ["c1", 2, CUT], ["c1", 2, 3, 4, "c4", 5], [5, 6, "c6"])

    with daemon.client() as client:
        stream = client.logs(tail=1, follow=True)
        seen = [record.message for record in islice(stream, 6)]
        assert seen == ["m1", "m2", "m3", "m4", "m5", "m6"]
        assert stream.cursor == "c4 f:6"

    assert [cursor for cursor, _ in daemon.asked] == [None, "c1", "c1", "c1", "c1", "c4"]


def test_reading_goes_on_from_a_kept_cursor() -> None:
    """Also from one that was noted between two cursors of the daemon."""
    daemon = Daemon([5, 6, 7, "c7"])

    with daemon.client() as client:
        stream = client.logs(cursor="c4 f:6")
        assert [record.message for record in stream] == ["m7"]
        assert stream.cursor == "c7"


def test_a_long_cursor_travels_as_a_header() -> None:
    """Addresses have a limit."""
    daemon = Daemon([])

    with daemon.client() as client:
        assert list(client.logs(cursor="c" * 100_000)) == []

    assert daemon.asked == [(None, "c" * 100_000)]


def test_a_daemon_that_stays_away_is_an_error_after_a_while() -> None:
    """Patience is bounded; and a daemon that was never there is an error at once."""
    daemon = Daemon([1, CUT], *[refused] * 50)
    with daemon.client() as client:
        stream = client.logs(follow=True, patience_s=0.05)
        assert next(stream).message == "m1"
        with pytest.raises(DaemonUnavailable, match="nobody answers"):
            next(stream)

    daemon = Daemon(refused, [1])
    with daemon.client() as client, pytest.raises(DaemonUnavailable):
        next(client.logs(follow=True))
    assert len(daemon.asked) == 1


def test_a_stream_that_breaks_without_following_is_an_error() -> None:
    """A log that is not whole must not look as if it were."""
    with Daemon([1, CUT]).client() as client:
        stream = client.logs()
        assert next(stream).message == "m1"
        with pytest.raises(DaemonUnavailable, match="before its answer was complete"):
            next(stream)


def test_refusals_are_errors_also_while_following() -> None:
    """A wrong pattern is not tried again and again; neither is a project that was removed meanwhile."""
    fake = FakeDaemon()
    fake.refuse("GET /v1/logs", 422, "invalid_pattern", "'(' is no regular expression.")
    with fake.client() as client, pytest.raises(InvalidInput) as wrong:
        next(client.logs(grep="(", follow=True))
    assert wrong.value.code == "invalid_pattern"

    problem = b'{"title": "t", "status": 404, "code": "project_not_found", "message": "There is no project x."}'
    daemon = Daemon([1, CUT], lambda: httpx.Response(404, content=problem))
    with daemon.client() as client, pytest.raises(NotFound):
        list(client.logs("x", follow=True))


def test_what_cannot_be_read_is_one_error() -> None:
    """A daemon of another version, say."""
    daemon = Daemon(lambda: httpx.Response(200, content=b'{"what": "is this"}\n'))

    with daemon.client() as client, pytest.raises(Failed) as failed:
        list(client.logs())

    assert failed.value.code == "unreadable_answer"
