"""Uploaded archives: what is kept, and what is refused before a byte of it is used."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aanad.adapters import archives
from aanad.adapters.archives import FileArchives
from aanad.errors import Failed, InvalidProject


def packed(
    files: dict[str, str | bytes], *, date: tuple[int, int, int, int, int, int] = (2026, 1, 1, 0, 0, 0)
) -> bytes:
    """A zip archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, date), text)
    return buffer.getvalue()


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    """An upload in two pieces."""
    yield content[:10]
    yield content[10:]


async def test_an_archive_is_named_by_its_content(tmp_path: Path) -> None:
    """The same files give the same digest, in whatever order and with whatever times they were packed."""
    kept = FileArchives(tmp_path)
    first = await kept.save(chunks(packed({"asr/app.py": "x = 1", "asr/b.py": ""})))
    second = await kept.save(chunks(packed({"asr/b.py": "", "asr/app.py": "x = 1"}, date=(2020, 2, 2, 2, 2, 2))))
    other = await kept.save(chunks(packed({"asr/app.py": "x = 2", "asr/b.py": ""})))

    assert first.digest == second.digest != other.digest
    assert first.top == "asr"
    assert await kept.has(first.digest)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f"{first.digest}.zip", f"{other.digest}.zip"])


async def test_a_deleted_archive_is_gone(tmp_path: Path) -> None:
    """Deleting twice is no error."""
    kept = FileArchives(tmp_path)
    archive = await kept.save(chunks(packed({"asr/app.py": ""})))

    await kept.delete(archive.digest)
    await kept.delete(archive.digest)

    assert not await kept.has(archive.digest)


async def test_project_toml_is_read(tmp_path: Path) -> None:
    """Its keys become the revision's settings."""
    text = 'route_prefix = "/speech"\n[env]\nA = "b"\n[deployments.model]\nreplicas = 2\n'
    archive = await FileArchives(tmp_path).save(chunks(packed({"asr/app.py": "", "asr/project.toml": text})))

    assert archive.file.route_prefix == "/speech"
    assert archive.file.env == {"A": "b"}
    assert archive.file.deployments["model"].replicas == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("replicas = 2", "replicas"),
        ('route_prefix = "speech"', "route_prefix"),
        ("[deployments.model]\nreplicas = 0", "deployments.model.replicas"),
        ("not toml", "no TOML"),
    ],
)
async def test_a_wrong_project_toml_names_the_key(tmp_path: Path, text: str, said: str) -> None:
    """The author learns which key is wrong."""
    with pytest.raises(InvalidProject) as caught:
        await FileArchives(tmp_path).save(chunks(packed({"asr/app.py": "", "asr/project.toml": text})))

    assert caught.value.code == "invalid_project_file"
    assert said in caught.value.message


def symlink() -> bytes:
    """An archive with a symbolic link in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("asr/link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"no zip at all",
        b"",
        packed({"asr/../../etc/cron.d/x": ""}),
        packed({"/etc/passwd": ""}),
        packed({"app.py": ""}),
        packed({"asr/app.py": "", "tts/app.py": ""}),
        packed({"asr/..\\x": ""}),
        symlink(),
        packed({"asr/app.py": "x"})[:-10],
    ],
    ids=["text", "empty", "climbs", "absolute", "no folder", "two folders", "backslash", "symlink", "cut"],
)
async def test_a_dangerous_or_damaged_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing is kept of it."""
    with pytest.raises(InvalidProject) as caught:
        await FileArchives(tmp_path).save(chunks(content))

    assert caught.value.code == "invalid_archive"
    assert list(tmp_path.iterdir()) == []


async def test_an_archive_that_is_too_large_is_refused_while_it_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is what Ray takes; what arrived so far is removed."""
    monkeypatch.setattr(archives, "MAX_ARCHIVE_BYTES", 50)

    with pytest.raises(InvalidProject) as caught:
        await FileArchives(tmp_path).save(chunks(packed({"asr/app.py": "x" * 100})))

    assert (caught.value.code, list(tmp_path.iterdir())) == ("archive_too_large", [])


async def test_an_archive_that_grows_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small archive of gigabytes of zeros is seen by its directory, before anything is unpacked."""
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 50)

    with pytest.raises(InvalidProject) as caught:
        await FileArchives(tmp_path).save(chunks(packed({"asr/app.py": "x" * 100})))

    assert "too large" in caught.value.message


async def test_the_files_of_an_archive(tmp_path: Path) -> None:
    """By path inside the project's folder; a large one by its hash alone, which differs where it differs."""
    archives = FileArchives(tmp_path / "archives")
    large = b"x" * 1_100_000
    stored = await archives.save(chunks(packed({"asr/app.py": b"a = 1\n", "asr/data/large.bin": large})))
    other = await archives.save(chunks(packed({"asr/app.py": b"a = 1\n", "asr/data/large.bin": large + b"y"})))

    files, others = await archives.files(stored.digest), await archives.files(other.digest)

    assert ({"app.py", "data/large.bin"}, b"a = 1\n") == (set(files), files["app.py"])
    assert (33, True) == (len(files["data/large.bin"]), files["data/large.bin"] != others["data/large.bin"])
    with pytest.raises(Failed) as caught:
        await archives.files("f" * 64)
    assert caught.value.code == "archive_missing"


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        (b"einops==0.8\r\n", "einops==0.8\n"),
        (b"\xef\xbb\xbfeinops\n", "einops\n"),
        (b"# nothing yet\n\n", None),
        (b"", None),
    ],
)
async def test_requirements_are_read(tmp_path: Path, text: bytes, requirements: str | None) -> None:
    """As the author's editor wrote them; a file that asks for nothing counts as none."""
    stored = await FileArchives(tmp_path).save(chunks(packed({"asr/app.py": b"", "asr/requirements.txt": text})))

    assert requirements == stored.requirements


async def test_requirements_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """One sentence that names the file."""
    with pytest.raises(InvalidProject) as caught:
        await FileArchives(tmp_path).save(chunks(packed({"asr/app.py": b"", "asr/requirements.txt": b"\xff\xfe\x00"})))

    assert (caught.value.code, "requirements.txt" in caught.value.message) == ("invalid_requirements", True)
