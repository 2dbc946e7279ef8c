"""The help: what works where one is comes first, and can be searched."""

from __future__ import annotations

from aana_tui.app import Console
from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.session import demo_session
from aana_tui.keymap import keymap_of
from aana_tui.places import Place
from aana_tui.screens.dialogs.help import help_lines
from aanad.wire.access import Role
from tests.tui.consoles import eventually, running, screen_text


async def test_the_views_own_keys_come_first_then_all_others(box: SimulatedBox) -> None:
    """With the grammar of the : line between them."""
    async with running(box) as pilot:
        console = pilot.app
        assert isinstance(console, Console)
        text = "\n".join(line for line, _ in help_lines(console))

        titles = ["Here: projects", "Here: tables", "Everywhere", "The : line", "Elsewhere: logs"]
        assert [text.index(title) for title in titles] == sorted(text.index(title) for title in titles)


async def test_digits_are_shown_as_what_they_mean_in_the_view(box: SimulatedBox) -> None:
    """In the logs they are spans of time, and the views are reached by their words."""
    async with running(box) as pilot:
        console = pilot.app
        assert isinstance(console, Console)
        console.go(Place("logs"))
        await eventually(pilot, lambda: console.shell.view is not None and console.shell.view.place.view == "logs")
        lines = [line.strip() for line, _ in help_lines(console)]

        assert any(line.startswith("2 ") and "last minute" in line for line in lines)
        assert any(line.startswith(":replicas") for line in lines)
        assert not any(line.startswith("2 ") and "replicas" in line for line in lines)


async def test_what_cannot_be_done_says_why(box: SimulatedBox) -> None:
    """Where one reads what a key does, one reads why it does not."""
    box.role = Role.VIEWER
    async with running(box) as pilot:
        console = pilot.app
        assert isinstance(console, Console)
        text = " ".join(" ".join(line.split()) for line, _ in help_lines(console))

        assert "Not now: Your role here is viewer; stop needs operator." in text


async def test_keys_that_were_given_are_the_keys_that_are_shown(box: SimulatedBox) -> None:
    """In help and footer alike, and they work."""
    console = Console(demo_session(box, pace=0), keymap_of({"app.help": "f1"}))
    async with console.run_test(size=(120, 40)) as pilot:
        await eventually(pilot, lambda: console.session.store.link.is_live)
        await eventually(pilot, lambda: "f1 help" in screen_text(pilot))
        await pilot.press("f1")
        await eventually(pilot, lambda: "Here: projects" in screen_text(pilot))
    box.close()


async def test_the_help_is_searched(box: SimulatedBox) -> None:
    """Slash, some letters, enter: the line is at the top."""
    async with running(box, size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await eventually(pilot, lambda: "Here: projects" in screen_text(pilot))
        await pilot.press("slash", *"breadthless", "enter")
        await eventually(pilot, lambda: "'breadthless' is not there." in screen_text(pilot))
        await pilot.press("slash")
        pilot.app.focused.value = "leave the console"  # type: ignore[union-attr]
        await pilot.press("enter")
        await eventually(pilot, lambda: "leave the console" in screen_text(pilot))
        await pilot.press("q")
        await eventually(pilot, lambda: "Here: projects" not in screen_text(pilot))
