"""The console against a fake daemon: what is seen, and what the keys ask for."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from textual.widgets import DataTable, Log, Static

from aana_tui.app import Console
from aana_tui.screens.dialogs import Confirm, Help
from aana_tui.screens.logs import Logs
from aanad.wire.events import Event
from aanad.wire.logs import LogRecord
from aanad.wire.operations import OperationState
from aanad.wire.phase import Phase
from tests.client.fake_daemon import NOW, FakeDaemon, operation, project, replica

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

NAMES = ("lowercase", "whisper")


@pytest.fixture
def daemon() -> FakeDaemon:
    daemon = FakeDaemon()
    daemon.on("GET /v1/projects", [project("lowercase"), project("whisper", Phase.FAILED, message="[/x] \x1b[2Jno")])
    event = Event(cursor=1, time=NOW, type="project.phase", project="lowercase", actor="aanad", message="It runs.")
    daemon.on("GET /v1/events", [event])
    for name in NAMES:
        daemon.on(f"GET /v1/projects/{name}/replicas", [replica(project=name)])
    return daemon


def console(daemon: FakeDaemon) -> Console:
    return Console(daemon.client, "unix:///fake.sock")


async def eventually(pilot: Pilot[None], is_true: Callable[[], bool], within_s: float = 10) -> None:
    end = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < end, "it did not become true in time"
        await pilot.pause()
        await asyncio.sleep(0.02)


def table(app: Console) -> DataTable[object]:
    return app._projects.query_one("#projects", DataTable)


def text(app: Console, selector: str) -> str:
    return str(app._projects.query_one(selector, Static).content)


async def seen(pilot: Pilot[None], app: Console) -> None:
    await eventually(pilot, lambda: table(app).row_count == 2 and "REPLICAS" in text(app, "#detail"))


async def test_projects_and_the_selected_ones_detail_are_shown(daemon: FakeDaemon) -> None:
    """A row a project; replicas and events of the one under the cursor; what they say cannot steer anything."""
    app = console(daemon)
    async with app.run_test(size=(120, 40)) as pilot:
        await seen(pilot, app)

        assert [str(cell) for cell in table(app).get_row("whisper")] == [
            "whisper",
            "✖ failed",
            "2/2",
            "0123456789ab",
            "/whisper",
            "[/x] no",
        ]
        assert "ingress r1 running pid 41" in text(app, "#detail")
        assert "It runs." in text(app, "#detail")
        await pilot.press("j")
        await eventually(pilot, lambda: text(app, "#why") == "whisper: failed (ready) [/x] no")


async def test_without_projects_it_says_how_to_begin() -> None:
    """An empty table explains itself."""
    daemon = FakeDaemon()
    daemon.on("GET /v1/projects", [])
    app = console(daemon)
    async with app.run_test(size=(80, 24)) as pilot:
        await eventually(pilot, lambda: "aana deploy FOLDER" in text(app, "#why"))


@pytest.mark.parametrize(("width", "is_shown"), [(80, False), (100, True)])
async def test_the_detail_needs_room(daemon: FakeDaemon, width: int, is_shown: bool) -> None:
    """At 80 columns there is one pane."""
    app = console(daemon)
    async with app.run_test(size=(width, 24)) as pilot:
        await seen(pilot, app)

        assert app._projects.query_one("#detail").display is is_shown


async def test_start_asks_the_daemon_at_once(daemon: FakeDaemon) -> None:
    """It interrupts nothing, so it needs no question."""
    daemon.on("POST /v1/projects/lowercase/start", operation(OperationState.RUNNING), status=202)
    app = console(daemon)
    async with app.run_test() as pilot:
        await seen(pilot, app)
        await pilot.press("s")
        await eventually(pilot, lambda: "POST /v1/projects/lowercase/start" in daemon.seen())


@pytest.mark.parametrize(("key", "verb"), [("x", "stop"), ("r", "restart")])
async def test_what_interrupts_is_asked_first(daemon: FakeDaemon, key: str, verb: str) -> None:
    """Enter on the dialog as it opens changes nothing; y does it."""
    route = f"POST /v1/projects/lowercase/{verb}"
    daemon.on(route, operation(OperationState.RUNNING), status=202)
    app = console(daemon)
    async with app.run_test() as pilot:
        await seen(pilot, app)
        for answer in ("enter", "n", "escape"):
            await pilot.press(key)
            await eventually(pilot, lambda: isinstance(app.screen, Confirm))
            await pilot.press(answer)
            await eventually(pilot, lambda: not isinstance(app.screen, Confirm))
        assert route not in daemon.seen()
        await pilot.press(key)
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await eventually(pilot, lambda: route in daemon.seen())


async def test_a_lost_daemon_is_said_and_waited_for(daemon: FakeDaemon) -> None:
    """What was seen stays; nothing can be changed; on its return the banner goes."""
    app = console(daemon)
    async with app.run_test() as pilot:
        await seen(pilot, app)
        daemon.is_away = True
        app._link.look()
        await eventually(pilot, lambda: "Trying again" in text(app, "#banner"))
        assert table(app).row_count == 2
        before = len(daemon.requests)
        await pilot.press("s")
        await pilot.pause()
        assert len(daemon.requests) == before
        daemon.is_away = False
        app._link.look()
        await eventually(pilot, lambda: not app._projects.query_one("#banner").display)


async def test_logs_are_shown_harmless(daemon: FakeDaemon) -> None:
    """A record's lines without escapes; q leads back."""
    record = LogRecord(time=NOW, source="serve", deployment="asr", level="INFO", message="one\n\x1b[31mtwo [/x]")
    daemon.on("GET /v1/logs", f"{record.model_dump_json()}\n".encode())
    app = console(daemon)
    async with app.run_test() as pilot:
        await seen(pilot, app)
        await pilot.press("l")
        await eventually(pilot, lambda: isinstance(app.screen, Logs) and app.screen.query_one(Log).line_count > 1)
        assert list(app.screen.query_one(Log).lines)[:2] == ["03:04:05 asr INFO one", "two [/x]"]
        await pilot.press("q")
        await eventually(pilot, lambda: app.screen is app._projects)


async def test_help_and_quit(daemon: FakeDaemon) -> None:
    """? shows the keys, q leads back and then out."""
    app = console(daemon)
    async with app.run_test() as pilot:
        await seen(pilot, app)
        await pilot.press("question_mark")
        await eventually(pilot, lambda: isinstance(app.screen, Help))
        await pilot.press("q")
        await eventually(pilot, lambda: app.screen is app._projects)
        await pilot.press("q")
        await eventually(pilot, lambda: not app.is_running)
