"""Pages that show what their commands print: the commands run in order on a box, as on a terminal, and their output.

An `sh` block is run as it stands. The `text` block right after it is its output. ``<!-- until: COMMAND -->`` before a
block waits, unseen by readers, until the command succeeds. What differs from box to box (folders, ports, addresses) is
shown under the names of an installed box; what differs from run to run (times, ids, pids, numbers) is no difference.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.box import BIN, REPOSITORY, Box, eventually

SHELL_BLOCK = re.compile(
    r"(?:^<!-- until: (?P<until>[^\n]+) -->\n+)?^```sh\n(?P<command>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
FOLLOWING = re.compile(
    r"(^|\|\s*)aana (logs|events|gpus|nodes|replicas) .*(-f\b|--follow)|curl .*(/v1/watch|follow=true)"
)
COLUMNS, ROWS = 120, 40
QUIET_S = 2.5
"""A command that follows is ended when it has been quiet for so long, as its reader would."""
LIMIT_S = 180.0

_UNPACKED = re.compile(r"/r/t/session_[\w-]+/runtime_resources/working_dir_files/_ray_pkg_\w+")
"""Where Ray unpacks a project, below the runtime folder."""
_DIFFERENT_EACH_TIME = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)"), "TIME"),
    (re.compile(r"\b\d+:\d\d:\d\dZ?"), "TIME"),
    (re.compile(r"\bsession_[\d_-]+|_ray_pkg_\w+|\b[0-9a-f]{8}-[0-9a-f-]{27}"), "ID"),
    (re.compile(r"\b[0-9a-f]{10,}…?\b"), "ID"),
    (re.compile(r"(?<![/.\w])[a-z0-9]{8}(?![.\w]|/\D)"), "ID"),  # Serve's ids of replicas
    (re.compile(r"\b\d+(\.\d+)? (B|KiB|MiB|GiB)\b"), "SIZE"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "DURATION"),
    (re.compile(r"\b\d+[smhd]\b"), "AGE"),
    (re.compile(r"<?-?\b\d+(\.\d+)?(e[+-]\d+)?k?\b"), "N"),
    (re.compile(r"[ \t]+"), " "),
)


@dataclass(frozen=True)
class Shown:
    """One command of a page: where it stands, what the page says it prints, and what it printed."""

    command: str
    page: str | None
    """None where the page shows no output."""
    printed: str

    @property
    def is_as_shown(self) -> bool:
        """Whether the page tells the truth, but for what differs each time."""
        return self.page is None or normalised(self.page) == normalised(self.printed)


def run_page(box: Box, page: str) -> list[Shown]:
    """Run all commands of a page, in order, in a folder that holds this repository's projects and the page's files."""
    folder = box.root / "work"
    folder.mkdir(exist_ok=True)
    (folder / "projects").symlink_to(REPOSITORY / "projects")
    blocks = list(SHELL_BLOCK.finditer(page))
    for path, content in files(page):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    printed = []
    for found in blocks:
        if found["until"]:
            eventually(lambda command=found["until"]: _succeeds(box, folder, command), within=LIMIT_S, every=0.5)
        printed.append((found["command"], found["output"], run(box, folder, found["command"])))
    names = _names(box)
    return [Shown(command, output, _beautified(text, names)) for command, output, text in printed]


def files(page: str) -> list[tuple[str, str]]:
    """The files that a page has its reader write: blocks whose first line is ``# path``."""
    blocks = re.findall(r"^```(?:python|toml|yaml)\n# (\S+/\S+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [(path, f"# {path}\n{content}") for path, content in blocks]


def rewritten(page: str, shown: list[Shown]) -> str:
    """The page with what its commands printed now: all of it, so that ids and pids are those of one run.

    A page that is not out of date stays as it is.
    """
    if all(each.is_as_shown for each in shown):
        return page
    printed = iter(shown)

    def block(found: re.Match[str]) -> str:
        now = next(printed)
        if found["output"] is None:
            return found[0]
        start = found.start("output") - found.start()
        return f"{found[0][:start]}{now.printed}```\n"

    return SHELL_BLOCK.sub(block, page)


def normalised(output: str) -> list[str]:
    """The lines of an output without what differs each time."""
    lines = []
    for line in output.splitlines():
        for pattern, name in _DIFFERENT_EACH_TIME:
            line = pattern.sub(name, line)  # noqa: PLW2901 - it is cleaned step by step
        lines.append(line.strip())
    return lines


def run(box: Box, folder: Path, command: str) -> str:
    """Run a block on a terminal of `COLUMNS`; what it prints, with what it complains about in its place."""
    command = command.replace("127.0.0.1:8000", f"127.0.0.1:{box.serve_port}").replace(
        "/run/aana/", f"{box.runtime_dir}/"
    )
    main, inner = pty.openpty()
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    modes = termios.tcgetattr(inner)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(inner, termios.TCSANOW, modes)
    environment = {name: value for name, value in box.environment.items() if name != "COLUMNS"}
    with subprocess.Popen(
        ["bash", "-euc", command],
        cwd=folder,
        env=environment | {"PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    ) as process:
        os.close(inner)
        try:
            printed = _read(process, main, follows=FOLLOWING.search(command) is not None)
        finally:
            os.close(main)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return printed


def _succeeds(box: Box, folder: Path, command: str) -> bool:
    try:
        run(box, folder, command)
    except AssertionError:
        return False
    return True


def _read(process: subprocess.Popen[bytes], main: int, *, follows: bool) -> str:
    printed = b""
    deadline = time.monotonic() + LIMIT_S
    is_ended_by_us = False
    while True:
        quiet_s = QUIET_S if follows and printed and not is_ended_by_us else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([main], [], [], quiet_s)
        if not ready:
            if not follows or is_ended_by_us:
                raise AssertionError(f"{process.args}: not done in time\n{printed.decode()}")
            os.killpg(process.pid, signal.SIGTERM)
            is_ended_by_us = True
            continue
        try:
            received = os.read(main, 65536)
        except OSError:  # how a terminal says that nobody is left on it
            break
        printed += received
    status = process.wait(30)
    text = printed.decode()
    assert status == 0 or is_ended_by_us, f"{process.args} ended with {status}\n{text}"
    return text if not text or text.endswith("\n") else f"{text}\n"


def _names(box: Box) -> list[tuple[str, str]]:
    """What stands for this box's own folders, ports and addresses on a page, the longest first."""
    status = box.json("status")
    dashboard = re.search(r":(\d+)", (status["cluster"]["dashboard_url"] or "").removeprefix("http:"))
    found = {
        str(box.state_dir): "/var/lib/aana",
        str(box.runtime_dir): "/run/aana",
        f"{box.root}/work": "/home/ada",
        str(box.root): "/home/ada",
        str(REPOSITORY): "/home/ada/aana",
        f":{box.serve_port}": ":8000",
        socket.gethostname(): "box",
        **{node["address"]: "10.0.0.5" for node in box.json("nodes") if node["address"] != "127.0.0.1"},
    }
    if dashboard:
        found[f":{dashboard[1]}"] = ":8265"
    return sorted(found.items(), key=lambda item: -len(item[0]))


def _beautified(text: str, names: list[tuple[str, str]]) -> str:
    text = _UNPACKED.sub("/ray", text)
    for ours, theirs in names:
        # To the end of the cell, whose blanks keep the columns below each other.
        is_word = r"(?<!\w)" if ours[0].isalnum() else ""
        pattern = re.compile(rf"{is_word}{re.escape(ours)}(?!\w)((?:\S| (?! ))*)( {{2,}})?")
        while ours != theirs and (found := pattern.search(text)):
            blanks = " " * max(2, len(found[2]) + len(ours) - len(theirs)) if found[2] else ""
            text = f"{text[: found.start()]}{theirs}{found[1]}{blanks}{text[found.end() :]}"
    return text
