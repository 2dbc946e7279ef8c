"""history, diff, rollback."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from aanad.cli.main import aana
from aanad.cli.session import Session
from aanad.wire.diff import FileDiff, RevisionDiff
from aanad.wire.operations import OperationKind, OperationState
from aanad.wire.plan import Change
from aanad.wire.projects import Revision
from tests.client.fake_daemon import NOW, detail, operation

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.client.fake_daemon import FakeDaemon

DIFF = RevisionDiff(
    project="lowercase",
    before="0123456789ab",
    after="ba9876543210",
    settings=[
        Change(name="deployments.model.replicas", before="1", after="2"),
        Change(name="env.COLOUR", before=None, after="red"),
        Change(name="route_prefix", before="/x", after=None),
    ],
    files=[
        FileDiff(path="app.py", change="changed", lines=["@@ -1,2 +1,2 @@", " same", "-old", "+\tnew\x1b[31m\n"]),
        FileDiff(path="new.py", change="added", lines=["--- /dev/null", "+++ b/new.py", "@@ -0,0 +1 @@", "+--- x"]),
        FileDiff(path="logo.png", change="removed", binary=True),
        FileDiff(path="empty.txt", change="added"),
    ],
)


def revision(**changes: Any) -> Revision:
    values: dict[str, Any] = {"id": "0123456789ab", "project": "lowercase", "created_at": NOW, "created_by": "root"}
    return Revision(**{**values, "size_bytes": 2048, "active": False, **changes})


def test_history_lists_revisions(run: Run, daemon: FakeDaemon) -> None:
    """With who made them, which is active, and which has been ready once and can be gone back to."""
    revisions = [
        revision(active=True, ready_at=NOW),
        revision(id="ba9876543210", ready_at=NOW, git_commit="f" * 40),
        revision(id="aaaaaaaaaaaa"),
    ]
    daemon.on("GET /v1/projects/lowercase/revisions", revisions)

    assert [line.split() for line in run("history", "lowercase").stdout.splitlines()] == [
        ["REVISION", "STATE", "CREATED", "BY", "SIZE", "COMMIT"],
        ["0123456789ab", "active", "2026-01-02", "03:04:05Z", "root", "2", "KiB", "-"],
        ["ba9876543210", "good", "2026-01-02", "03:04:05Z", "root", "2", "KiB", "f" * 12],
        ["aaaaaaaaaaaa", "-", "2026-01-02", "03:04:05Z", "root", "2", "KiB", "-"],
    ]


def test_a_diff_shows_settings_and_then_files(run: Run, daemon: FakeDaemon) -> None:
    """Settings with both values; files as git shows them, tabs kept, nothing that steers the terminal."""
    daemon.on("GET /v1/projects/lowercase/diff", DIFF)

    result = run("diff", "lowercase", "0123", "ba98")

    assert daemon.seen() == ["GET /v1/projects/lowercase/diff?before=0123&after=ba98"]
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "settings",
        "  ~ deployments.model.replicas: 1 → 2",
        "  + env.COLOUR: red",
        "  - route_prefix: /x",
        "diff a/app.py b/app.py",
        "--- a/app.py",
        "+++ b/app.py",
        "@@ -1,2 +1,2 @@",
        " same",
        "-old",
        "+\tnew ",
        "diff a/new.py b/new.py",
        "new file",
        "--- /dev/null",
        "+++ b/new.py",
        "@@ -0,0 +1 @@",
        "+--- x",
        "diff a/logo.png b/logo.png",
        "deleted file",
        "Binary files a/logo.png and /dev/null differ",
        "diff a/empty.txt b/empty.txt",
        "new file",
    ]


def test_a_diff_of_the_same_is_one_sentence(run: Run, daemon: FakeDaemon) -> None:
    """On standard error, so that a pipe gets nothing; it is no failure."""
    same = RevisionDiff(project="lowercase", before="0123456789ab", after="ba9876543210")
    daemon.on("GET /v1/projects/lowercase/diff", same)

    result = run("diff", "lowercase")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "0123456789ab and ba9876543210 do not differ.\n"


def test_a_diff_as_json_is_the_whole(run: Run, daemon: FakeDaemon) -> None:
    """As the daemon sent it."""
    daemon.on("GET /v1/projects/lowercase/diff", DIFF)

    assert RevisionDiff.model_validate_json(run("diff", "lowercase", "-o", "json").stdout) == DIFF


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        """Whatever runs the tests."""
        return True


def test_a_diff_has_colours_unless_nobody_wants_them(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Green, red and cyan on a terminal; `NO_COLOR` means what it says."""
    daemon.on("GET /v1/projects/lowercase/diff", DIFF)

    def shown() -> str:
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", terminal)
            session = Session(context="unix:///nowhere.sock", transport=daemon.transport)
            aana.main(["diff", "lowercase"], standalone_mode=False, obj=session)
        return terminal.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = shown()
    monkeypatch.setenv("NO_COLOR", "1")

    for part in ("\x1b[31m-old", "\x1b[32m+\tnew", "\x1b[36m@@ -1", "\x1b[32m  + env.COLOUR", "\x1b[1m+++ b/app.py"):
        assert part in coloured
    assert "\x1b" not in shown()


@pytest.mark.parametrize(("arguments", "query"), [([], ""), (["0123"], "?revision=0123")])
def test_rollback_waits_and_says_how_the_project_stands(
    run: Run, daemon: FakeDaemon, arguments: list[str], query: str
) -> None:
    """To the revision that is named, else to the last good one."""
    daemon.on("POST /v1/projects/lowercase/rollback", operation(OperationState.PENDING, kind=OperationKind.ROLLBACK))
    daemon.on("GET /v1/operations/op-1", operation(kind=OperationKind.ROLLBACK))
    daemon.on("GET /v1/projects/lowercase", detail())

    result = run("rollback", "lowercase", *arguments)

    assert result.exit_code == 0
    assert result.stdout == "lowercase is running, revision 0123456789ab, at http://127.0.0.1:8000/lowercase\n"
    assert daemon.seen()[0] == f"POST /v1/projects/lowercase/rollback{query}"


def test_a_rollback_to_nothing_is_not_found(run: Run, daemon: FakeDaemon) -> None:
    """The daemon's sentence, exit code 3."""
    daemon.refuse("POST /v1/projects/lowercase/rollback", 404, "revision_not_found", "There is no good revision.")

    result = run("rollback", "lowercase", "-o", "json")

    assert result.exit_code == 3
    assert json.loads(result.stderr)["code"] == "revision_not_found"
