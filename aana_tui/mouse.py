"""Whether the terminal tells of the mouse: it is bytes for each movement, so not over ssh unless it is wanted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App


def is_wanted() -> bool:
    """Whether the mouse is on at the start."""
    return not (os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def switch_mouse(app: App[None]) -> bool | None:
    """Switch it on or off; whether it is on now, None where the terminal cannot be told.

    Textual decides once at its start, so its driver is told here what it would have been told then.
    """
    driver = app._driver  # noqa: SLF001 - there is no other way to it
    if driver is None or driver.is_headless or not hasattr(driver, "_enable_mouse_support"):
        return None
    if driver._mouse:  # noqa: SLF001
        driver._disable_mouse_support()  # type: ignore[attr-defined]  # noqa: SLF001
        driver._mouse = False  # noqa: SLF001
    else:
        driver._mouse = True  # noqa: SLF001
        driver._enable_mouse_support()  # noqa: SLF001
    return bool(driver._mouse)  # noqa: SLF001
