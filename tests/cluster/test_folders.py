"""Folders, lock and token: nobody else may slip something in."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from aanad.cluster.folders import Folders, ensure_token
from aanad.errors import InvalidSettings, Refused
from aanad.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(Settings(runtime_dir=tmp_path / "run"))
    # The short path that settings would choose lies outside of the test's folder.
    made.ray_dir = tmp_path / "r"
    for name in ("ray_temp", "haproxy", "database", "empty", "loads", "starts", "start_log", "rerun_log"):
        setattr(made, name, made.ray_dir / getattr(made, name).name)
    return made


def test_folders_are_private(folders: Folders) -> None:
    """Ray's folder is closed to others: HAProxy's admin socket in it lets everybody in."""
    folders.make_roots()
    folders.make()

    assert [stat.S_IMODE(path.stat().st_mode) for path in (folders.ray_dir, folders.haproxy)] == [0o700, 0o700]


def test_a_folder_of_ours_that_is_open_is_closed(folders: Folders) -> None:
    """Ray's folder becomes private even where it was made with other rights."""
    folders.ray_dir.mkdir(mode=0o755)

    folders.make_roots()

    assert stat.S_IMODE(folders.ray_dir.stat().st_mode) == 0o700


def test_a_link_is_refused(folders: Folders, tmp_path: Path) -> None:
    """A link in place of a folder could lead anywhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folders.ray_dir.symlink_to(elsewhere)

    with pytest.raises(InvalidSettings, match="must be a folder and no link"):
        folders.make_roots()


def test_a_runtime_folder_that_all_can_write_to_is_refused(folders: Folders) -> None:
    """A world-writable runtime folder is refused with the command that cures it."""
    folders.runtime_dir.mkdir()
    folders.runtime_dir.chmod(0o777)

    with pytest.raises(InvalidSettings) as caught:
        folders.make_roots()

    assert caught.value.hint == f"Run: chmod o-w {folders.runtime_dir}"


def test_a_file_in_the_way_is_an_error_with_a_sentence(folders: Folders) -> None:
    """A file where a folder should be is no traceback."""
    folders.runtime_dir.write_text("")

    with pytest.raises(InvalidSettings, match="cannot be made: File exists"):
        folders.make_roots()


def test_the_lock_is_held_once(folders: Folders) -> None:
    """A second unit learns that one runs, and which."""
    folders.make_roots()
    folders.lock()

    with pytest.raises(Refused, match=r"A Ray unit \(pid \d+\) runs on .* already"):
        folders.lock()


def test_a_cold_start_forgets_the_cluster_and_keeps_the_last_logs(folders: Folders) -> None:
    """Ray must not find its old applications; the logs of the session that died stay readable."""
    folders.make_roots()
    folders.make()
    (folders.database / "tables").mkdir()
    (folders.starts / "asr#whisper@1-2").touch()
    for name in ("session_2026-01-01_1", "session_2026-01-02_2"):
        (folders.ray_temp / name / "logs").mkdir(parents=True)

    folders.wipe_for_cold_start()

    assert [*folders.database.iterdir(), *folders.starts.iterdir()] == []
    assert [path.name for path in folders.ray_temp.iterdir()] == ["session_2026-01-02_2"]


def test_a_token_is_made_once_and_private(tmp_path: Path) -> None:
    """The token is long, readable by its owner alone, and the same after a restart."""
    path = tmp_path / "ray-token"

    ensure_token(path)
    first = path.read_text()
    ensure_token(path)

    assert len(first) == 64
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["ray-token"]


def test_a_token_that_all_can_read_is_refused(tmp_path: Path) -> None:
    """Whoever has the token can run code on the cluster."""
    path = tmp_path / "ray-token"
    path.write_text("secret")
    path.chmod(0o644)

    with pytest.raises(InvalidSettings, match="Everybody on this machine can use"):
        ensure_token(path)


def test_a_joining_node_must_bring_the_token(tmp_path: Path) -> None:
    """A new token would never open the head's door."""
    with pytest.raises(InvalidSettings, match="There is no cluster token"):
        ensure_token(tmp_path / "ray-token", may_make=False)
