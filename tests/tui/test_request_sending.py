"""The thread that sends a test request, and what is kept of requests; without a screen."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from aana_tui.demo import endpoints as simulated
from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.routes import Call, streamed
from aana_tui.state.invocations import Phase, Sending
from aana_tui.state.request_history import KEPT, RequestHistory, SavedRequest
from aanad.client import Client, Invocation

CHAT = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 12, "pause_s": 0.0}


def simulated_client(box: SimulatedBox) -> Client:
    """A client of the box."""
    from aana_tui.demo.transport import SimulatedTransport

    return Client("unix:///demo", transport=SimulatedTransport(box))


def wait_until(is_true: Any, within_s: float = 10) -> None:
    """Wait, and fail where it never is."""
    ended = threading.Event()
    for _ in range(int(within_s / 0.01)):
        if is_true():
            return
        ended.wait(0.01)
    raise AssertionError("it did not become true in time")


def test_memory_stays_bounded_while_a_large_answer_arrives(box: SimulatedBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is on disk, and of it in memory only what is shown."""

    def large(call: Call, *_: object) -> httpx.Response:
        def chunks() -> Iterator[bytes]:
            for _ in range(64):
                yield b'"' + b"x" * (1 << 19) + b'"\n'

        return streamed(call, chunks())

    monkeypatch.setitem(simulated._ANSWERS, "chat", large)
    sending = Sending(partial(simulated_client, box), "chat_with_video", "chat", Invocation(json.dumps(CHAT).encode()))
    sending.start()
    wait_until(lambda: sending.progress.phase.is_over)

    assert Phase.DONE is sending.progress.phase, sending.progress.message
    assert 64 * ((1 << 19) + 3) == sending.progress.size
    assert sending.body is not None
    assert sending.progress.size == sending.body.stat().st_size
    assert len(sending.text.read()[0]) + len(sending.text.head) < 4 << 20
    sending.forget()
    box.close()


def test_the_history_is_bounded_private_and_shared(tmp_path: Path) -> None:
    """The last 200 of all consoles; nobody else can read them."""
    first, second = (RequestHistory(tmp_path / "console", "unix:///run/aana/aanad.sock") for _ in range(2))
    for number in range(KEPT + 5):
        (first if number % 2 else second).keep(SavedRequest("p", "e", str(number)))
    first.keep(SavedRequest("p", "e", "x" * (1 << 20)))

    kept = second.sent()
    assert KEPT == len(kept)
    assert str(KEPT + 4) == kept[0].text
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "console").iterdir()}
    assert [] == RequestHistory(tmp_path / "console", "https://other").sent()
