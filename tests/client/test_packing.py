"""Packing a project: the same files give the same bytes, and what cannot be packed is refused clearly."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from aanad.client import Archive, Target, pack, packing
from aanad.errors import InvalidProject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "lowercase"
    folder.mkdir()
    (folder / "app.py").write_text("aana_app = 1\n")
    (folder / "deployments.py").write_text("# here\n")
    return folder


def names(archive: Archive) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(archive.content)).namelist()


def refusal(folder: Path) -> InvalidProject:
    with pytest.raises(InvalidProject) as raised:
        pack(folder)
    return raised.value


def test_an_archive_holds_the_folder_under_its_name(folder: Path) -> None:
    """``<name>/…``, sorted, and the app that was named."""
    archive = pack(Target(folder, "app:aana_app"))

    assert (archive.name, archive.app, archive.files) == ("lowercase", "app:aana_app", 2)
    assert names(archive) == ["lowercase/app.py", "lowercase/deployments.py"]


def test_the_same_files_give_the_same_bytes(folder: Path) -> None:
    """Times, the order of creation and caches do not count."""
    before = pack(folder).content
    os.utime(folder / "app.py", (1, 1))
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "app.pyc").touch()

    assert pack(folder).content == before


def test_what_no_project_needs_is_left_out(folder: Path) -> None:
    """Environments, caches, git's folder, and what ``.aanaignore`` lists as ``.gitignore`` would."""
    for path in (".git/config", ".venv/lib/x.py", "sub/node_modules/x.js", "x.pyc", "data/big.bin", "data/keep.bin"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    (folder / ".aanaignore").write_text("/data/*\n!keep.bin\n")

    assert names(pack(folder)) == [
        "lowercase/.aanaignore",
        "lowercase/app.py",
        "lowercase/data/keep.bin",
        "lowercase/deployments.py",
    ]


def test_the_project_file_names_project_and_app(folder: Path) -> None:
    """``project.toml`` wins over the folder's name, and over ``app.py``."""
    (folder / "project.toml").write_text('name = "other"\napp = "deployments:app"\n')
    (folder / "app.py").unlink()

    assert names(pack(folder)) == ["other/deployments.py", "other/project.toml"]


def test_links_inside_the_folder_are_packed_as_files(folder: Path) -> None:
    """A link to a file or a folder of the project brings its content."""
    (folder / "sub").mkdir()
    (folder / "sub" / "x.txt").write_text("x")
    (folder / "link.py").symlink_to("app.py")
    (folder / "again").symlink_to("sub")

    assert {"lowercase/link.py", "lowercase/again/x.txt"} <= set(names(pack(folder)))


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    """Nothing from elsewhere on the disk gets into an archive; a link that is left out does not matter."""
    (folder / "secret").symlink_to("/etc/passwd")
    (folder / "etc").symlink_to("/etc")

    assert refusal(folder).code == "link_leaves_folder"
    (folder / ".aanaignore").write_text("secret\netc\n")
    assert "lowercase/secret" not in names(pack(folder))


@pytest.mark.parametrize(("target", "code"), [("nothing", "broken_link"), (".", "link_loop")])
def test_links_that_lead_nowhere_are_refused(folder: Path, target: str, code: str) -> None:
    """A broken link and one that leads back."""
    (folder / "link").symlink_to(target)

    assert refusal(folder).code == code


def test_a_folder_without_an_app_is_refused(folder: Path) -> None:
    """The code is ``no_app``; so it is for an app that is named and not there."""
    (folder / "app.py").unlink()

    assert refusal(folder).code == "no_app"
    with pytest.raises(InvalidProject, match=r"there is no main\.py"):
        pack(Target(folder, "main:aana_app"))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """It says which one."""
    assert refusal(tmp_path / "nowhere").code == "no_folder"


def test_a_folder_whose_name_is_no_name_is_refused(tmp_path: Path) -> None:
    """The hint says what a name is."""
    (tmp_path / "My-Project").mkdir()
    (tmp_path / "My-Project" / "app.py").touch()

    error = refusal(tmp_path / "My-Project")

    assert error.code == "invalid_name"
    assert "lower-case" in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("app = \n", "line 1"),
        ('\nrout_prefix = "/x"\n', "line 2: rout_prefix is not a key"),
        ("[deployments.asr]\nreplicas = 0\n", "line 2: deployments.asr.replicas cannot be used"),
        ('name = "No"\n', "line 1: name cannot be used"),
        ("[deployments.ingress.user_config]\na = 1\n", "line 1: deployments cannot be used: Value error, the ingress"),
    ],
)
def test_a_bad_project_file_is_refused_with_key_and_line(folder: Path, text: str, part: str) -> None:
    """One sentence that leads to the very line."""
    (folder / "project.toml").write_text(text)

    error = refusal(folder)

    assert error.code == "invalid_project_file"
    assert part in error.message


def test_a_large_folder_is_refused_with_its_largest_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are the usual reason, so they are named."""
    monkeypatch.setattr(packing, "MAX_BYTES", 1000)
    (folder / "weights.bin").write_bytes(b"x" * 2000)

    error = refusal(folder)

    assert error.code == "archive_too_large"
    assert "weights.bin" in error.message


def test_the_commit_is_recorded(folder: Path) -> None:
    """Inside a git work tree the archive knows its commit; elsewhere it has none."""
    assert pack(folder).git_commit is None
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)

    commit = pack(folder).git_commit

    assert commit is not None
    assert len(commit) == 40
