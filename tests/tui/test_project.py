"""One project: what it has, and the way on from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from textual.pilot import Pilot

from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.transport import SimulatedTransport
from aana_tui.places import Place
from aanad.wire.phase import Phase
from aanad.wire.projects import Project
from tests.tui.consoles import eventually, running, screen_text
from tests.tui.test_projects import changed, shows


@asynccontextmanager
async def looking_at(box: SimulatedBox, project: str, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    """A console at this project, with all that is asked for."""
    async with running(box, size=size) as pilot:
        console_of(pilot).go(Place("project", project=project))
        await shows(pilot, "▸Deployments")
        await eventually(pilot, lambda: "…" not in screen_text(pilot).split("Operations")[1][:3])
        yield pilot


def console_of(pilot: Pilot[None]) -> Console:
    """The console."""
    assert isinstance(pilot.app, Console)
    return pilot.app


async def is_at(pilot: Pilot[None], place: Place) -> None:
    """Wait until the console is there."""
    await eventually(pilot, lambda: console_of(pilot).trail.here == place)


async def test_deployments_stand_with_their_replicas_below_them(box: SimulatedBox) -> None:
    """Ready of wanted, what waits, pid, GPU and memory, within 80 columns."""
    async with looking_at(box, "whisper") as pilot:
        lines = screen_text(pilot).splitlines()
        head = next(index for index, line in enumerate(lines) if "NAME" in line and "PID" in line)
        replicas = [item for item in box.items("replicas").values() if item["project"] == "whisper"]

        assert "● running since" in lines[1]
        assert lines[head + 1].startswith("▸ingress")
        assert sum(line[1] in "├└" for line in lines[head + 1 :] if len(line) > 1) == len(replicas)
        assert any(str(item["pid"]) in screen_text(pilot) for item in replicas)


async def test_the_first_screen_of_a_failed_one_says_why(box: SimulatedBox) -> None:
    """The reason, what to do, and the last lines of the log, at 80x24 and without a key."""
    async with looking_at(box, "stablediffusion2") as pilot:
        await shows(pilot, "torch.OutOfMemoryError")
        text = screen_text(pilot)

        assert "✖ failed since" in text
        assert "pipeline could not start" in text
        assert "→ Stop what else holds GPU" in text
        assert "LAST LINES OF THE LOG" in text


async def test_tab_goes_through_the_tables_and_enter_on_from_them(box: SimulatedBox) -> None:
    """A deployment to its replicas, a replica to its log, an endpoint to a request."""
    async with looking_at(box, "whisper") as pilot:
        here = console_of(pilot).trail.here
        await pilot.press("enter")
        await is_at(pilot, Place("replicas", project="whisper", deployment="ingress"))
        await pilot.press("escape")
        await is_at(pilot, here)
        await shows(pilot, "▸Deployments 2")
        await pilot.press("j", "enter")
        await eventually(pilot, lambda: console_of(pilot).trail.here.view == "logs")
        assert console_of(pilot).trail.here.replica is not None
        await pilot.press("left_square_bracket")
        await shows(pilot, "▸Deployments 2")
        await pilot.press("tab")
        await shows(pilot, "▸Endpoints 2")
        await pilot.press("enter")
        await eventually(pilot, lambda: console_of(pilot).trail.here.view == "requests")
        assert console_of(pilot).trail.here.endpoint is not None


async def test_a_revision_is_compared_with_the_active_one(box: SimulatedBox) -> None:
    """What would change if one went back to it; the rollback means that revision. Escape leads back to the list."""
    revisions = box.projects["whisper"].revisions
    other = next(one for one in revisions if not one.active)
    async with looking_at(box, "whisper") as pilot:
        await pilot.press("tab", "tab")
        await shows(pilot, f"▸Revisions {len(revisions)}")
        await pilot.press("slash", *other.id, "enter", "enter")
        await shows(pilot, "IF IT WERE ACTIVE AGAIN (U)")
        await shows(pilot, "/app.py")
        view = console_of(pilot).shell.view
        assert view is not None
        [target] = view.targets()
        assert (target.kind, target.revision, target.project) == ("revision", other.id, "whisper")

        await pilot.press("escape")
        await shows(pilot, "▸Revisions 1")
        assert console_of(pilot).trail.here.project == "whisper"


async def test_an_operation_shows_its_steps_while_it_runs_and_is_kept(box: SimulatedBox) -> None:
    """Progress by step above the tables, then a line among the operations with all of it in the pane."""
    async with looking_at(box, "lowercase", size=(120, 30)) as pilot:
        await console_of(pilot).session.ask(lambda client: client.start("lowercase"))
        await shows(pilot, "◐ start")
        for _ in range(200):
            if box.items("projects")["lowercase"]["phase"] == "running":
                break
            box.tick()
        await shows(pilot, "● running since")
        await shows(pilot, "Operations 1")
        await pilot.press("tab", "tab", "tab")
        await shows(pilot, "✔ succeeded")


async def test_it_is_asked_again_only_where_there_is_a_reason(
    box: SimulatedBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of requests change each second and ask nothing; another phase is asked about once."""
    asked: list[str] = []
    handle = SimulatedTransport.handle_request

    def counted(transport: SimulatedTransport, request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return handle(transport, request)

    monkeypatch.setattr(SimulatedTransport, "handle_request", counted)
    async with looking_at(box, "whisper") as pilot:
        details = "/v1/projects/whisper"
        before = asked.count(details)
        for _ in range(3):
            numbers = dict(box.items("requests")["whisper/project/whisper"])
            from aanad.wire.request_stats import RequestStats

            stats = RequestStats.model_validate({**numbers, "rate": numbers["rate"] + 1})
            box.set("requests", "whisper/project/whisper", stats)
            seen = console_of(pilot).session.store
            await eventually(pilot, lambda: any(one.rate == stats.rate for one in seen.request_stats()))  # noqa: B023
            console_of(pilot).pull()
        assert asked.count(details) == before

        changed(box, "whisper", phase="degraded", message="One is missing.")
        await eventually(pilot, lambda: asked.count(details) == before + 1)
        await shows(pilot, "One is missing.")


async def test_a_project_that_goes_says_so_and_leaves_no_rows(box: SimulatedBox) -> None:
    """Somebody else removed it while one looked."""
    async with looking_at(box, "lowercase") as pilot:
        box.set("projects", "lowercase", None)
        await shows(pilot, "There is no project lowercase any more.")


async def test_hostile_text_is_text(box: SimulatedBox) -> None:
    """In a message, a log's last lines and the names of replicas."""
    hostile = "\x1b]52;c;x\x07[/b]\u202eevil \x9b2J" + "x" * 100_000
    project = box.projects["stablediffusion2"]
    assert project.failure is not None
    project.failure = replace(project.failure, evidence=(hostile,) * 50)
    async with looking_at(box, "stablediffusion2") as pilot:
        item = Project.model_validate(box.items("projects")["stablediffusion2"])
        box.set(
            "projects", item.name, item.model_copy(update={"message": hostile, "hint": hostile, "phase": Phase.FAILED})
        )
        await shows(pilot, "[/b]evil")
        text = screen_text(pilot)
        assert not any(sign in text for sign in ("\x1b", "\x9b", "\x07", "\u202e"))
        assert "▸Deployments" in text
