"""The command as a whole: exit codes, errors, global options, a fast start."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aanad import __version__
from aanad.cli.main import aana
from aanad.wire.projects import Revision
from tests.client.fake_daemon import NOW, project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon


def test_a_verb_loads_only_what_it_needs(tmp_path: Path) -> None:
    """`aana ps` is run often: it draws nothing, so nothing that draws is loaded, nor the daemon's settings."""
    code = (
        "import sys; sys.argv = ['aana', 'ps']\n"
        "from aanad.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('rich', 'pygments', 'pydantic_settings', 'aanad.settings') if name in sys.modules])"
    )
    environment = {"AANA_RUNTIME_DIR": str(tmp_path), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)

    assert done.stdout == "[]\n"
    assert "aanad is not running" in done.stderr


def test_the_version_is_said_without_loading_what_verbs_need() -> None:
    """`aana --version` is one word and a number, and imports neither an HTTP client nor anything that draws."""
    code = (
        "import sys; sys.argv = ['aana', '--version']\n"
        "from aanad.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('httpx', 'rich', 'pydantic', 'textual') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == f"aana {__version__}\n[]\n"


@pytest.mark.parametrize("arguments", [["-o", "json", "ps"], ["ps", "-o", "json"], ["-o", "table", "ps", "-o", "json"]])
def test_global_options_stand_before_or_after_a_verb(run: Run, daemon: FakeDaemon, arguments: tuple[str, ...]) -> None:
    """Both places mean the same; the later one wins."""
    daemon.on("GET /v1/projects", [])

    assert json.loads(run(*arguments).stdout) == []


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [(404, "not_found", 3), (409, "conflict", 4), (403, "role", 4), (422, "invalid", 2), (500, "internal_error", 1)],
)
def test_a_refusal_is_a_sentence_a_hint_and_a_code(
    run: Run, daemon: FakeDaemon, status: int, code: str, exit_code: int
) -> None:
    """The daemon's words on standard error, nothing on standard output."""
    daemon.refuse("GET /v1/projects", status, code, "It cannot be.", "Do that.")

    result = run("ps")

    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert result.stderr == "error: It cannot be.\nhint: Do that.\n"


def test_with_json_an_error_is_the_problem_object(run: Run, daemon: FakeDaemon) -> None:
    """A program reads standard error as one object."""
    daemon.refuse("GET /v1/projects", 404, "not_found", "It cannot be.")

    result = run("ps", "-o", "json")

    problem = json.loads(result.stderr)
    assert (problem["code"], problem["message"], problem["status"]) == ("not_found", "It cannot be.", 404)


def test_a_daemon_that_is_away_has_its_own_exit_code(run: Run, daemon: FakeDaemon) -> None:
    """6, the socket that was tried, and how to start it."""
    daemon.is_away = True

    result = run("status")

    assert result.exit_code == 6
    assert result.stderr.startswith("error: aanad is not running: there is no socket /nowhere.sock.\nhint: Start it")


def test_a_wrong_option_is_a_usage_error(run: Run) -> None:
    """2, as everywhere."""
    assert run("ps", "--no-such-option").exit_code == 2
    assert run("no-such-verb").exit_code == 2


def test_a_context_that_cannot_be_used_is_refused(run: Run) -> None:
    """A clear sentence; nothing is tried."""
    result = run("--context", "ftp://box", "ps")

    assert result.exit_code == 2
    assert "ftp://" in result.stderr


def test_a_mistake_of_ours_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback for users, unless they ask for it with AANA_DEBUG=1."""

    def broken(_: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("aanad.client.Client.projects", broken)
    monkeypatch.delenv("AANA_DEBUG", raising=False)
    result = run("ps")

    assert result.exit_code == 1
    assert result.stderr.startswith("error: internal error (KeyError: 'oops')\n")
    monkeypatch.setenv("AANA_DEBUG", "1")
    assert isinstance(run("ps").exception, KeyError)


def test_what_projects_say_cannot_steer_the_terminal(run: Run, daemon: FakeDaemon) -> None:
    """Escapes in a message are taken out of tables, and escaped in JSON."""
    daemon.on("GET /v1/projects", [project(message="\x1b]0;owned\x07[red]x\u202e")])

    assert "[red]x" in run("ps").stdout
    for output in (run("ps").stdout, run("ps", "-o", "json").stdout):
        assert not any(char in output for char in "\x1b\x07\u202e")


def test_the_console_is_opened_in_place(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`aana tui` becomes the console's process, with the same context."""
    called: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _, arguments: called.append(arguments))

    run("tui", "--context", "unix:///x.sock")

    assert called == [[sys.executable, "-P", "-m", "aana_tui", "--context", "unix:///x.sock"]]


def test_completion_knows_the_projects(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Names are completed, and where the daemon cannot say, nothing is written into the user's line."""
    from click.shell_completion import ShellComplete

    from aanad.cli.session import Session

    daemon.on("GET /v1/projects", [project("lowercase"), project("whisper")])
    monkeypatch.setenv("AANA_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("AANA_CONTEXT", raising=False)

    def complete(session: Session) -> list[str]:
        completion = ShellComplete(aana, {"obj": session}, "aana", "_AANA_COMPLETE")
        return [item.value for item in completion.get_completions(["stop"], "wh")]

    assert complete(Session(transport=daemon.transport)) == ["whisper"]
    assert complete(Session()) == []


def test_completion_knows_the_revisions(daemon: FakeDaemon) -> None:
    """Those of the project that was named before."""
    from click.shell_completion import ShellComplete

    from aanad.cli.session import Session

    revision = Revision(id="01" * 6, project="x", created_at=NOW, created_by="root", size_bytes=1, active=True)
    daemon.on("GET /v1/projects/lowercase/revisions", [revision, revision.model_copy(update={"id": "ab" * 6})])
    session = Session(context="unix:///nowhere.sock", transport=daemon.transport)
    completion = ShellComplete(aana, {"obj": session}, "aana", "_AANA_COMPLETE")

    for words in (["rollback", "lowercase"], ["diff", "lowercase", "0101"]):
        assert [item.value for item in completion.get_completions(words, "a")] == ["ab" * 6]
