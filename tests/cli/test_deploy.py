"""aana deploy."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from aanad.client import Client
from aanad.wire.operations import OperationState
from aanad.wire.problems import Problem
from tests.client.fake_daemon import detail, operation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "lowercase"
    folder.mkdir()
    (folder / "app.py").touch()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("target", [".", "app:aana_app", "../lowercase", "../lowercase/app.py"])
def test_deploy_uploads_the_folder_and_waits(run: Run, daemon: FakeDaemon, folder: Path, target: str) -> None:
    """However the project is named, its files go up under its name and the outcome is one line."""
    daemon.on("POST /v1/projects/lowercase/revisions", operation(), status=202)
    daemon.on("GET /v1/projects/lowercase", detail())

    result = run("deploy", target)

    assert result.exit_code == 0
    assert result.stdout == "lowercase is running, revision 0123456789ab, at http://127.0.0.1:8000/lowercase\n"
    archive = zipfile.ZipFile(io.BytesIO(daemon.requests[0].content))
    assert archive.namelist() == [f"{folder.name}/app.py"]


def test_an_import_error_shows_the_end_of_the_traceback(run: Run, daemon: FakeDaemon, folder: Path) -> None:
    """Exit code 1, and the author sees the line that failed."""
    problem = Problem(
        title="Import failed",
        status=422,
        code="import_error",
        message="lowercase cannot be imported: No module named 'nothing'.",
        hint="Install it.",
        detail="Traceback (most recent call last):\nModuleNotFoundError: No module named 'nothing'",
    )
    failed = operation(OperationState.FAILED, problem=problem)
    daemon.on("POST /v1/projects/lowercase/revisions", failed)
    daemon.refuse("GET /v1/projects/lowercase", 404, "project_not_found", "There is no project lowercase.")

    result = run("deploy", str(folder))

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "  Traceback (most recent call last):",
        "  ModuleNotFoundError: No module named 'nothing'",
        "error: lowercase cannot be imported: No module named 'nothing'.",
        "hint: Install it.",
    ]


def test_a_failed_redeploy_says_what_still_serves(run: Run, daemon: FakeDaemon, folder: Path) -> None:
    """The last line names the revision that the project went back to; programs read it from the project."""
    problem = Problem(title="Failed", status=409, code="deploy_failed", message="No replica came up.")
    failed = operation(OperationState.FAILED, problem=problem, revision="ba9876543210")
    daemon.on("POST /v1/projects/lowercase/revisions", failed)
    daemon.on("GET /v1/projects/lowercase", detail())

    result = run("deploy", str(folder))

    assert result.exit_code == 1
    assert result.stderr == "error: No replica came up.\nnote: lowercase still serves revision 0123456789ab\n"
    assert "still serves" not in run("deploy", str(folder), "-o", "json").stderr


@pytest.mark.parametrize("changes", [{"revision": "ba9876543210"}, {"ready": 0}, {"revision": None}])
def test_nothing_is_said_to_serve_that_does_not(
    run: Run, daemon: FakeDaemon, folder: Path, changes: dict[str, object]
) -> None:
    """A revision that failed, or one without a healthy replica, is no comfort."""
    problem = Problem(title="Failed", status=409, code="deploy_failed", message="No replica came up.")
    failed = operation(OperationState.FAILED, problem=problem, revision="ba9876543210")
    daemon.on("POST /v1/projects/lowercase/revisions", failed)
    daemon.on("GET /v1/projects/lowercase", detail(**changes))

    assert run("deploy", str(folder)).stderr == "error: No replica came up.\n"


def test_ctrl_c_says_how_to_take_a_deploy_back(
    run: Run, daemon: FakeDaemon, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the waiting ends by itself; the hint names the operation."""
    daemon.on("POST /v1/projects/lowercase/revisions", operation(OperationState.RUNNING, cancellable=True))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "operation", interrupted)
    result = run("deploy", str(folder))

    assert result.exit_code == 130
    assert "hint: `aana cancel op-1` takes it back while it loads.\n" in result.stderr


def test_what_is_no_project_never_reaches_the_daemon(run: Run, daemon: FakeDaemon, tmp_path: Path) -> None:
    """A folder without an app, and a folder that is not there: a sentence, a hint, exit code 2."""
    for target in (tmp_path, tmp_path / "nowhere"):
        result = run("deploy", str(target))
        assert result.exit_code == 2
        assert result.stderr.startswith("error: ")
        assert "hint: " in result.stderr
    assert daemon.requests == []
