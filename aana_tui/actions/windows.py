"""Help, palette, zoom, mouse, suspending: what concerns the window and not the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aana_tui.actions.action import Action
    from aana_tui.app import Console


def show_help(console: Console, action: Action, argument: str = "") -> None:
    """All keys; those that work here first."""
    del action, argument
    from aana_tui.screens.dialogs.help import Help, help_lines

    console.push_screen(Help(help_lines(console)))


def show_palette(console: Console, action: Action, argument: str = "") -> None:
    """Find an action or a target by a few letters."""
    del action, argument
    from aana_tui.screens.dialogs.palette import Palette

    console.push_screen(Palette())


def zoom(console: Console, action: Action, argument: str = "") -> None:
    """The focused pane alone, or all of them again."""
    del action, argument
    shell = console.shell
    if shell.maximized is not None:
        shell.minimize()
    elif shell.focused is not None:
        shell.maximize(shell.focused)


def retry(console: Console, action: Action, argument: str = "") -> None:
    """Try to reach the daemon now."""
    del action, argument
    if console.session.store.link.is_live:
        console.notify("The daemon answers.")
    else:
        console.session.link.retry()


def mouse(console: Console, action: Action, argument: str = "") -> None:
    """Let the terminal tell of the mouse, or not."""
    del action, argument
    from aana_tui.mouse import switch_mouse

    on = switch_mouse(console)
    if on is None:
        console.notify("This terminal has no mouse to switch.", severity="warning")
    else:
        console.notify("The mouse is on; `:mouse` switches it off." if on else "The mouse is off.")


def suspend(console: Console, action: Action, argument: str = "") -> None:
    """Leave to the shell for a while."""
    del action, argument
    driver = console._driver  # noqa: SLF001 - there is no public way to ask
    if driver is None or not driver.can_suspend:
        console.notify("This terminal cannot be left for a while.", severity="warning")
        return
    console.action_suspend_process()
