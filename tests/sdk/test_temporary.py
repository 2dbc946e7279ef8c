"""Temporary files: who owns them, and that they go."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from aanad.errors import Failed
from aanad.sdk import temporary


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder below a temporary directory of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(temporary, "_folders", {})
    return tmp_path / f"aana-{os.getuid()}"


def run(program: str, root: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python program that has the same temporary directory."""
    environment = os.environ | {"TMPDIR": str(root.parent)}
    return subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, env=environment)


def test_a_file_goes_when_it_is_closed_or_nobody_has_it(root: Path) -> None:
    """Whichever is first; closing again is no error."""
    with temporary.new_file(".wav") as closed:
        assert closed.path.is_file()
        assert closed.path.suffix == ".wav"
        assert closed.path.is_relative_to(root)
    assert not closed.path.exists()
    closed.close()
    dropped = temporary.new_file()
    path = dropped.path
    del dropped
    gc.collect()
    assert not path.exists()


def test_only_the_user_may_enter_the_folder(root: Path) -> None:
    """It and the folders of the processes in it are 0700."""
    temporary.new_file()

    assert root.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in root.iterdir()] == [0o700]


def test_a_folder_that_others_may_enter_is_refused(root: Path) -> None:
    """Somebody may have put it there to read along."""
    root.mkdir()
    root.chmod(0o755)

    with pytest.raises(Failed, match="is not this user's alone"):
        temporary.new_file()


def test_a_folder_that_is_a_link_is_refused(root: Path, tmp_path: Path) -> None:
    """A link leads anywhere."""
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    root.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Failed, match="is not this user's alone"):
        temporary.new_file()


def test_nothing_is_left_when_the_process_ends(root: Path) -> None:
    """Also of files that are still in use."""
    done = run("from aanad.sdk import temporary as t; kept = t.new_file(); print(kept.path)", root)

    assert done.stdout.strip().startswith(str(root))
    assert list(root.iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_a_living_one_keeps_its_files(root: Path) -> None:
    """The next process of the user removes the folders of the dead when it makes its first file."""
    mine = temporary.new_file()
    run(
        "import os; from aanad.sdk import temporary as t; t.new_file(); kept = t.new_file(); os.kill(os.getpid(), 9)",
        root,
    )
    [left] = [path for path in root.iterdir() if path != mine.path.parent]
    assert list(left.iterdir())
    assert temporary.sweep() == 0, "a folder this young may be about to be locked"
    old = time.time() - 3600
    for folder in root.iterdir():
        os.utime(folder, (old, old))

    assert temporary.sweep() == 1
    assert not left.exists()
    assert mine.path.exists()


def test_a_forked_child_does_not_remove_its_parents_files(root: Path) -> None:
    """It has copies of the owners, not the files; a file of its own lies in a folder of its own."""
    program = (
        "import os\n"
        "from aanad.sdk import temporary as t\n"
        "kept = t.new_file()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    parents = kept.path.parent; kept.close()\n"
        "    own = t.new_file()\n"
        "    os._exit(0 if own.path.parent != parents else 1)\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
        "print(status, kept.path.exists())\n"
    )

    assert run(program, root).stdout.split() == ["0", "True"]


@pytest.mark.usefixtures("root")
def test_another_name_keeps_the_bytes() -> None:
    """A receiver on the same machine has the file even after the sender let it go."""
    first = temporary.new_file(".bin")
    first.path.write_bytes(b"x")
    second = temporary.link(first.path)
    first.close()

    assert second is not None
    assert second.path.read_bytes() == b"x"
    assert temporary.link(Path("/proc/self/status")) is None


@pytest.mark.usefixtures("root")
def test_a_held_file_stays_for_its_time() -> None:
    """Whoever was told of it has that long to open it."""
    file = temporary.new_file()
    path = file.path
    temporary.hold(file, 2)
    del file
    gc.collect()

    assert path.exists()
    until = time.monotonic() + 10
    while path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not path.exists()
