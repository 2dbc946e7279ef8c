"""Text that would steer a terminal, from a daemon, a project, a model or a person's own typing."""

from __future__ import annotations

import time

import pytest

from aana_tui.demo.box import SimulatedBox
from aanad.wire.projects import Project
from tests.tui.byte_costs import LARGE, SMALL, Size
from tests.tui.hostile import FRAGMENTS, PAYLOAD, SENTINEL, rewrite
from tests.tui.serving import served
from tests.tui.terminal import Terminal, console

WALK = [
    *("1", "j", "j", "j", "j", "j", "j", "j", "j", "j", "\r", "tab", "j", "j", "tab", "j", "\r", "escape", "escape"),
    *(
        "2",
        "j",
        "\r",
        "escape",
        "3",
        "j",
        "\r",
        "tab",
        "escape",
        "4",
        "f",
        "pageup",
        "p",
        "w",
        "\r",
        "escape",
        "5",
        "j",
        "\r",
        "escape",
        "escape",
    ),
    *("6", "j", "\r", "escape", "1", "y", "escape", "c", "escape", "?", "pagedown", "escape", "ctrl+p", "w", "escape"),
    *(
        "/",
        "w",
        "\r",
        "escape",
        "1",
        "s",
        "escape",
        "x",
        "escape",
        "r",
        "escape",
        "u",
        "escape",
        "U",
        "escape",
        "T",
        "escape",
    ),
]
"""Through all views, panes and dialogs; nothing is sent that a daemon would refuse for its form."""


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=["120x40", "80x24"])
def test_no_text_steers_the_terminal(size: Size) -> None:
    """The console lives, shows what is harmless of it, and not a byte of the rest is written."""
    box = SimulatedBox()
    # A daemon lets no such name in; a console does not rely on it.
    own = Project.model_validate(box.items("projects")["whisper"])
    box.set("projects", "evil", own.model_copy(update={"name": f"0{PAYLOAD}", "etag": PAYLOAD}))
    box.log.add(PAYLOAD, project="whisper", deployment="asr", source="stdout")
    with served(box, rewrite) as context, console("--context", context, size=size) as terminal:
        terminal.until("whisper", SENTINEL)
        for step, key in enumerate(WALK):
            assert terminal.is_running, f"it ended at {WALK[: step + 1]}:\n{terminal.text}"
            terminal.press(key)
            time.sleep(0.25)
            if key == "6":
                box.tick()
        is_alive(terminal)

        written = bytes(terminal.output)
    assert SENTINEL.encode() in written
    assert [fragment for fragment in FRAGMENTS if fragment in written] == []


def is_alive(terminal: Terminal) -> None:
    """It still answers keys."""
    for key in ("escape", "escape", "1"):
        terminal.press(key)
        # An escape together with the next key would be another key.
        time.sleep(0.3)
    terminal.settle()
    assert terminal.is_running
    assert "Traceback" not in terminal.text
    terminal.until("projects", "whisper")
