"""Watching through the client: a state that is kept, and a link that is taken up again."""

from __future__ import annotations

from itertools import islice

import pytest

from aanad.client import Watched
from aanad.client import pauses as pauses_module
from aanad.errors import AanaError, DaemonUnavailable, InvalidInput
from aanad.wire.projects import Project
from aanad.wire.watch import WatchDelta, WatchSnapshot
from tests.client.fake_daemon import FakeDaemon, project

RUNNING = project("asr").model_dump(mode="json")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses_module, "MIN_PAUSE_S", 0)


def sent(kind: str, cursor: int, model: WatchSnapshot | WatchDelta) -> bytes:
    """As the daemon sends it."""
    return f"id: e1/{cursor}\nevent: {kind}\ndata: {model.model_dump_json()}\n\n".encode()


SNAPSHOT = sent("snapshot", 4, WatchSnapshot(epoch="e1", cursor=4, state={"projects": {"asr": RUNNING}}))
DELTA = sent("delta", 5, WatchDelta(cursor=5, topic="projects", key="asr", item=None))


def test_a_link_that_is_cut_is_taken_up_where_it_was() -> None:
    """Also where the last thing sent was a heartbeat; whoever shows it hears that the link was lost and is back."""
    daemon = FakeDaemon()
    daemon.on("GET /v1/watch", b"retry: 1000\n\n" + SNAPSHOT + b"id: e1/4\n\n")
    daemon.on("GET /v1/watch", DELTA)
    links: list[AanaError | None] = []

    with daemon.client() as client:
        watched = Watched()
        for change in islice(client.watch("projects", on_link=links.append), 2):
            watched.apply(change)

    assert ["GET /v1/watch?topics=projects", "GET /v1/watch?topics=projects&epoch=e1&cursor=4"] == daemon.seen()
    assert ({}, 5) == (watched.state["projects"], watched.cursor)
    assert [True, False, True] == [link is None for link in links]


def test_the_state_gives_models() -> None:
    """What is kept by key is read as the model that it is."""
    watched = Watched()
    watched.apply(WatchSnapshot(epoch="e1", cursor=1, state={"projects": {"asr": RUNNING}}))

    assert {"asr": project("asr")} == watched.models("projects", Project)
    assert {} == watched.models("gpus", Project)


def test_a_dropped_reader_connects_again() -> None:
    """The daemon's reason reaches who shows the link; the stream goes on."""
    daemon = FakeDaemon()
    dropped = b'event: dropped\ndata: {"reason":"stopping","message":"The daemon stops.","hint":""}\n\n'
    daemon.on("GET /v1/watch", SNAPSHOT + dropped)
    daemon.on("GET /v1/watch", DELTA)
    links: list[AanaError | None] = []

    with daemon.client() as client:
        assert 2 == len(list(islice(client.watch(on_link=links.append), 2)))

    assert [None, "stopping", None] == [link and link.code for link in links]


def test_what_cannot_work_is_said_at_once() -> None:
    """A daemon that is not there, and a topic that is none, are errors and not waited for."""
    daemon = FakeDaemon(is_away=True)
    with daemon.client() as client, pytest.raises(DaemonUnavailable):
        next(client.watch())
    daemon.is_away = False
    daemon.refuse("GET /v1/watch", 422, "unknown_topic", "There is no topic x.")
    with daemon.client() as client, pytest.raises(InvalidInput, match="no topic x"):
        next(client.watch())


def test_following_events_goes_on_after_the_last_one() -> None:
    """Nothing twice: after a cut the stream is asked from the last cursor on, or from where there was none yet."""
    daemon = FakeDaemon()
    line = b'{"cursor":7,"time":"2026-01-02T03:04:05Z","type":"t","actor":"a","message":"a\xe2\x80\xa8b"}\n'
    daemon.on("GET /v1/events", b"\n", headers={"aana-cursor": "6"})
    daemon.on("GET /v1/events", line)
    daemon.on("GET /v1/events", line.replace(b"7", b"8", 1))

    with daemon.client() as client:
        events = list(islice(client.follow_events(limit=1), 2))

    assert [7, 8] == [event.cursor for event in events]
    assert "a\u2028b" == events[0].message
    asked = "GET /v1/events?{}limit=1&follow=true"
    assert [asked.format(since) for since in ("", "since=6&", "since=7&")] == daemon.seen()
