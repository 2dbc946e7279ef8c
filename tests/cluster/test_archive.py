"""Archives come from outside: whatever is in one, nothing lands outside of the folder given."""

from __future__ import annotations

import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from aanad.cluster import archive
from aanad.errors import InvalidProject

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    def make(files: dict[str, str]) -> Path:
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, text in files.items():
                opened.writestr(name, text)
        return path

    return make


def unpack(path: Path, tmp_path: Path) -> Path:
    target = tmp_path / "unpacked"
    target.mkdir()
    archive.unpack(path, target, "shout")
    return target


def test_unpacks_files_and_folders(made: Callable[..., Path], tmp_path: Path) -> None:
    """A project's tree comes out as it went in."""
    target = unpack(made({"shout/": "", "shout/app.py": "a", "shout/deep/er/b.txt": "b"}), tmp_path)

    assert {str(path.relative_to(target)): path.read_text() for path in target.rglob("*") if path.is_file()} == {
        "shout/app.py": "a",
        "shout/deep/er/b.txt": "b",
    }


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../evil.py", "outside of it"),
        ("shout/../../evil.py", "outside of it"),
        ("/etc/evil", "outside of it"),
        ("shout\\..\\evil", "outside of it"),
        ("other/app.py", "outside of the folder shout/"),
        ("app.py", "outside of the folder shout/"),
    ],
)
def test_refuses_names_that_lead_elsewhere(made: Callable[..., Path], tmp_path: Path, name: str, says: str) -> None:
    """A name that leads out of the project's folder is refused before anything is written."""
    path = made({"shout/app.py": "", name: "evil"})

    with pytest.raises(InvalidProject, match=says) as caught:
        unpack(path, tmp_path)

    assert caught.value.code == "invalid_archive"
    assert [path.name for path in (tmp_path / "unpacked").iterdir()] == []


def test_refuses_links(tmp_path: Path) -> None:
    """A symbolic link, through which a later entry could be written elsewhere, is refused."""
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as opened:
        link = zipfile.ZipInfo("shout/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "/etc")

    with pytest.raises(InvalidProject, match="neither file nor folder"):
        unpack(path, tmp_path)


def test_refuses_what_is_too_large(made: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small archive that unpacks into a huge one does not fill the disk."""
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1000)

    with pytest.raises(InvalidProject, match="larger than 1000 bytes"):
        unpack(made({"shout/zeros": "0" * 100_000}), tmp_path)


def test_counts_what_is_written_when_sizes_lie(
    made: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sizes that an archive claims are not believed."""
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1000)
    monkeypatch.setattr(archive, "_check", lambda *_: None)

    with pytest.raises(InvalidProject, match="larger than 1000 bytes"):
        unpack(made({"shout/zeros": "0" * 100_000}), tmp_path)


def test_refuses_too_many_files(made: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of files has a limit too."""
    monkeypatch.setattr(archive, "MAX_FILES", 2)

    with pytest.raises(InvalidProject, match="holds 3 files"):
        unpack(made({f"shout/{number}": "" for number in range(3)}), tmp_path)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut off"])
def test_refuses_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    """Bytes that are no zip file are an answer, not a crash."""
    path = tmp_path / "archive.zip"
    path.write_bytes(content)

    with pytest.raises(InvalidProject, match="cannot be unpacked"):
        unpack(path, tmp_path)


def test_refuses_an_empty_project(made: Callable[..., Path], tmp_path: Path) -> None:
    """An archive without a single file under the project's name is named as such."""
    with pytest.raises(InvalidProject, match="holds no file"):
        unpack(made({"shout/": ""}), tmp_path)


def test_refuses_the_same_name_twice(tmp_path: Path) -> None:
    """Two entries of one name, of which different programs would see different ones, are refused."""
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("shout/app.py", "a")
        with pytest.warns(UserWarning, match="Duplicate name"):
            opened.writestr("shout/app.py", "b")

    with pytest.raises(InvalidProject, match="twice"):
        unpack(path, tmp_path)
