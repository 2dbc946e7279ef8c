"""The first view: all projects."""

from __future__ import annotations

from textual.pilot import Pilot

from aana_tui.demo.box import SimulatedBox
from aana_tui.places import Place
from aana_tui.widgets.live_table import LiveTable
from aanad.wire.projects import Project
from tests.tui.consoles import eventually, running, screen_text


def changed(box: SimulatedBox, key: str, **fields: object) -> None:
    """A project is otherwise than before."""
    box.set("projects", key, Project.model_validate({**box.items("projects")[key], **fields}))


def line_of(pilot: Pilot[None], start: str) -> str:
    """The line of the screen that begins so."""
    return next(line for line in screen_text(pilot).splitlines() if line[1:].startswith(start))


async def shows(pilot: Pilot[None], text: str) -> None:
    """Wait until it is on the screen."""
    await eventually(pilot, lambda: text in screen_text(pilot))


async def test_a_line_says_of_each_project_what_is_asked_first(box: SimulatedBox) -> None:
    """Phase by sign and word, ready of wanted, revision, GPUs, load; within 80 columns."""
    async with running(box, size=(80, 24)) as pilot:
        await shows(pilot, " Projects 12")

        assert "NAME" in line_of(pilot, "NAME")
        words = line_of(pilot, "whisper").split()
        assert words[:3] == ["whisper", "●", "running"]
        assert words[3] == "9/9"
        assert words[-1] in {"ms", "s"}
        assert "✖ failed" in line_of(pilot, "stablediffusion2")


async def test_one_line_says_why_the_selected_project_is_not_well(box: SimulatedBox) -> None:
    """At 80x24, where no pane fits; nothing is said of one that is well."""
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("F", "j")
        await shows(pilot, "Projects 2 of 12, faults only")
        why = screen_text(pilot).splitlines()[-3:]
        assert any("pipeline could not start" in line for line in why)

        await pilot.press("F", "g")
        await eventually(pilot, lambda: "pipeline could not start" not in screen_text(pilot))


async def test_from_120_columns_a_pane_tells_the_rest(box: SimulatedBox) -> None:
    """Why and what to do, where it answers, endpoints, deployments with their GPUs, what happened last."""
    async with running(box, size=(120, 40)) as pilot:
        await pilot.press("slash", *"stable", "enter")
        await shows(pilot, "pipeline could not start")
        box.record("project.phase", "It failed again.", project="stablediffusion2")
        await shows(pilot, "It failed again.")
        text = screen_text(pilot)

        for part in (
            "✖ failed since",
            "→ Stop what else holds",
            "/stablediffusion2",
            "ENDPOINTS",
            "DEPLOYMENTS",
            "LAST EVENTS",
        ):
            assert part in text


async def test_the_pane_follows_the_cursor_and_gives_the_keys_back(box: SimulatedBox) -> None:
    """Tab goes into it, where it can be scrolled; tab and escape lead out of it, and nothing else is left."""
    async with running(box, size=(120, 12)) as pilot:
        await pilot.press("j")
        await shows(pilot, "│ captions")
        assert "more lines" in screen_text(pilot)

        await pilot.press("tab", "G")
        await eventually(pilot, lambda: "│ captions" not in screen_text(pilot))
        await pilot.press("escape", "j")
        await shows(pilot, "│ chat_with_video")
        assert pilot.app.trail.here == Place("projects")  # type: ignore[attr-defined]


async def test_a_filter_narrows_while_it_is_typed_and_escape_clears_it(box: SimulatedBox) -> None:
    """What is typed and not entered leaves the filter as it was."""
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("slash", *"phase=running")
        await shows(pilot, "Projects 8 of 12, filter /phase=running")
        await pilot.press("escape")
        await shows(pilot, " Projects 12")

        await pilot.press("slash", *"!run", "enter")
        await shows(pilot, "Projects 4 of 12, filter /!run")
        await pilot.press("slash", *" x(")
        await shows(pilot, "is no regular expression")
        await pilot.press("escape")
        await shows(pilot, "Projects 4 of 12, filter /!run")
        await pilot.press("escape")
        await shows(pilot, " Projects 12")


async def test_a_filter_belongs_to_its_place(box: SimulatedBox) -> None:
    """One comes back to the view as one left it."""
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("slash", *"whisper", "enter", "enter")
        await shows(pilot, "▸Deployments 2")
        await pilot.press("left_square_bracket")
        await shows(pilot, "Projects 1 of 12, filter /whisper")


async def test_what_actions_apply_to_is_what_was_seen(box: SimulatedBox) -> None:
    """Marked projects, each with the version that is on the screen; else the one under the cursor."""
    async with running(box) as pilot:
        view = pilot.app.shell.view  # type: ignore[attr-defined]
        await pilot.press("j")
        [target] = view.targets()
        assert (target.kind, target.project, target.label) == ("project", "captions", "captions")
        assert target.etag == box.items("projects")["captions"]["etag"]
        assert '"name": "captions"' in target.json
        assert target.row.startswith("captions ● running")

        await pilot.press("space", "space")
        assert [one.project for one in view.targets()] == ["captions", "chat_with_video"]


async def test_several_projects_have_no_one_log(box: SimulatedBox) -> None:
    """The logs of one marked project are its; those of two are all that there are."""
    async with running(box) as pilot:
        await pilot.press("l")
        await eventually(pilot, lambda: pilot.app.trail.here == Place("logs", project="asr"))  # type: ignore[attr-defined]
        await pilot.press("left_square_bracket")
        await shows(pilot, " Projects 12")
        await pilot.press("space", "space", "l")
        await eventually(pilot, lambda: pilot.app.trail.here == Place("logs"))  # type: ignore[attr-defined]


async def test_only_cells_that_changed_are_painted_anew(box: SimulatedBox) -> None:
    """A project fails while one looks: two cells of its row, and nothing of the others."""
    async with running(box, size=(80, 24)) as pilot:
        await shows(pilot, " Projects 12")
        table = pilot.app.screen.query_one("#projects", LiveTable)
        regions = []
        table.refresh = lambda *given, **_: regions.extend(given) or table  # type: ignore[method-assign]

        changed(box, "whisper", phase="degraded", ready=8)
        await eventually(pilot, lambda: len(regions) >= 2)

        assert {region.y for region in regions} == {regions[0].y}
        assert sorted(region.x for region in regions) == [26, 38]


async def test_hostile_text_is_text(box: SimulatedBox) -> None:
    """Escapes, markup, bidi marks and endless lines in what a project says of itself."""
    hostile = "\x1b]0;owned\x07[/red][link=x] \u202egnp.exe \x9b31m" + "漢" * 100_000
    async with running(box, size=(120, 30)) as pilot:
        for kind in ("reason", "message", "hint", "route_prefix", "revision"):
            changed(box, "asr", phase="failed", **{kind: hostile})
        changed(box, "asr", name=hostile, phase="failed")
        await shows(pilot, "[/red][link=x] gnp.exe")
        await pilot.press("slash", "g", "enter", "y")
        await pilot.pause()

        text = screen_text(pilot)
        assert not any(sign in text for sign in ("\x1b", "\x9b", "\x07", "\u202e"))


async def test_what_is_old_is_dim_and_stays(box: SimulatedBox) -> None:
    """A lost link takes nothing from the screen; the actions say why they wait."""
    async with running(box, size=(80, 24)) as pilot:
        await shows(pilot, " Projects 12")
        await pilot.press("j")
        box.close()
        pilot.app.session.close()  # type: ignore[attr-defined]
        store = pilot.app.session.store  # type: ignore[attr-defined]
        from aana_tui.state.link_state import LinkPhase, LinkState

        store.set_link(LinkState(LinkPhase.LOST, "aanad does not answer.", "", store.now()))
        await eventually(pilot, lambda: pilot.app.shell.view.has_class("-old"))  # type: ignore[attr-defined]

        assert "whisper" in screen_text(pilot)
        assert line_of(pilot, "captions").startswith("▸")
