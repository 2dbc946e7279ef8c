"""Every command and every program of the guides, run as they stand, against a real daemon."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.box import BIN, PROJECTS, REPOSITORY, Box
from tests.e2e.pages import blocks, run

pytestmark = pytest.mark.e2e
# What makes the environment, runs in the foreground for ever, or is a test of its own.
NOT_HERE = re.compile(r"^(make |export PATH|aanad\b|kill %1|aana tui|\w+=.* source|aana --install)")


def test_the_readmes_tour(box: Box) -> None:
    """Each line of the quick tour works, in its order, from the checkout."""
    [tour] = [text for language, text in blocks("README.md") if language == "sh" and "aana deploy" in text]
    answers = {
        line: run(box, REPOSITORY, line) for line in tour.splitlines() if line.strip() and not NOT_HERE.match(line)
    }

    assert any('{"text":["abc"]}' in answer for answer in answers.values())
    assert len(answers) > 8


def test_getting_started(box: Box, tmp_path: Path) -> None:
    """The project of the page, written, deployed and called as the page says."""
    answers = []
    for language, text in blocks("docs/getting-started.md"):
        if language == "python":
            (tmp_path / "hello").mkdir()
            (tmp_path / "hello" / "app.py").write_text(text)
            continue
        lines = [line for line in text.splitlines() if line.strip() and not NOT_HERE.match(line)]
        answers += [run(box, tmp_path, line) for line in lines]

    assert [answer for answer in answers if answer == '{"text":"Hello, Ada!"}'] == ['{"text":"Hello, Ada!"}'] * 2
    box.remove("hello")


def test_requests(box: Box, tmp_path: Path) -> None:
    """Each way to send an image measures the same one."""
    answers = []
    for language, text in blocks("docs/requests.md"):
        if language == "python":
            (tmp_path / "measure").mkdir()
            (tmp_path / "measure" / "app.py").write_text(text)
        elif language == "sh":
            answers += [run(box, tmp_path, line) for line in text.splitlines() if line.strip()]
    box.remove("measure")

    assert 7 == len([answer for answer in answers if "[30,20]" in answer])


def test_endpoints(box: Box, tmp_path: Path) -> None:
    """The project of the page, deployed; each request of the page is answered."""
    (tmp_path / "gallery").mkdir()
    page = blocks("docs/endpoints.md")
    program = "".join(text for language, text in page if language == "python")
    lines = f"LINES = Path({str(tmp_path / 'lines.txt')!r})"
    (tmp_path / "gallery" / "app.py").write_text(re.sub(r"^LINES = .*$", lines, program, flags=re.MULTILINE))
    box.ok("deploy", tmp_path / "gallery")
    answers = {
        line: run(box, tmp_path, line) for language, text in page if language == "sh" for line in text.splitlines()
    }
    box.remove("gallery")

    assert (tmp_path / "dog.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "dog.webp").read_bytes()[8:12] == b"WEBP"
    assert (tmp_path / "dog.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    assert (tmp_path / "beep.flac").read_bytes().startswith(b"fLaC")
    assert (tmp_path / "part.bin").read_bytes() == b"hello"
    [events] = [answer for line, answer in answers.items() if "event-stream" in line]
    assert events.endswith("id: 3\ndata: 2\n\nevent: end\ndata: {}\n\n")


def test_the_lifecycle(box: Box) -> None:
    """Each command of the page works, in its order; what it makes is removed again."""
    try:
        for language, text in blocks("docs/lifecycle.md"):
            for line in text.splitlines() if language == "sh" else []:
                run(box, REPOSITORY, line)
    finally:
        shutil.rmtree(REPOSITORY / "build", ignore_errors=True)
    box.ok("rm", "--force", "lowercase")


def test_scripting(box: Box) -> None:
    """Each program of the page runs, and what it says of plain HTTP; what follows for ever is stopped after a while."""
    box.ok("deploy", PROJECTS / "lowercase")
    for _, program in [block for block in blocks("docs/scripting.md") if block[0] == "python"]:
        command = [BIN / "python", "-u", "-c", program]
        if "follow_events" in program:
            command = ["timeout", "5", *command]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=box.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode in {0, 124}, done.stderr
        assert "Traceback" not in done.stderr
    [command] = [text for language, text in blocks("docs/scripting.md") if language == "sh"]
    shown = subprocess.run(command, shell=True, env=box.environment, capture_output=True, text=True, check=False).stdout
    assert "event: snapshot\ndata: {" in shown
    assert '"lowercase":{"name":"lowercase"' in shown
    # What the programs set, numbers of replicas say, would survive a deploy by another test.
    box.ok("rm", "--force", "lowercase")
