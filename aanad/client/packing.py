"""A project's folder becomes an archive: the same files always give the same bytes, whoever packs them and when."""

from __future__ import annotations

import io
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

from aanad.client.project_file import project_name, read_project_file
from aanad.client.targets import Target
from aanad.errors import InvalidProject

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 90 * 1000 * 1000
"""Of all files together: what a cluster's package store takes in one piece, with room to spare."""
IGNORE_FILE = ".aanaignore"
ALWAYS_LEFT_OUT = (
    ".git", ".hg", ".svn", "__pycache__", "*.py[co]", ".venv", "venv/", "node_modules", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".tox", ".nox", ".ipynb_checkpoints", "*.egg-info/", ".idea", ".vscode", ".DS_Store",
)  # fmt: skip
"""What no project needs in order to run, as `.aanaignore` would write it."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAMED_FILES = 3


@dataclass(frozen=True)
class Archive:
    """A zip that holds ``<name>/…``."""

    name: str
    content: bytes
    app: str | None
    """``module:attribute``, where the user named it."""
    git_commit: str | None
    """The commit that the folder was at, where it is in a git work tree."""
    files: int


def pack(project: Target | Path | str, *, app: str | None = None) -> Archive:
    """Pack a project's folder.

    Args:
        project: the folder, or what `parse_target` made of a user's words.
        app: ``module:attribute``, which wins over ``project.toml``.

    Raises:
        InvalidProject: no folder, no app, a bad ``project.toml`` or name, a link that leaves the folder, too large.
    """
    target = project if isinstance(project, Target) else Target(Path(project))
    folder = Path(os.path.abspath(target.folder))  # noqa: PTH100 - a linked folder keeps the name it is linked by
    if not folder.is_dir():
        raise InvalidProject(
            f"There is no folder {folder}.", hint="Give the folder with app.py in it.", code="no_folder"
        )
    app = app or target.app
    file = read_project_file(folder)
    name = project_name(folder, file)
    _require_app(folder, app or file.app or "app")
    files = sorted(_files(folder))
    _require_size(folder, files)
    return Archive(name, _zipped(name, folder, files), app, _git_commit(folder), len(files))


def _require_app(folder: Path, app: str) -> None:
    module = folder.joinpath(*app.partition(":")[0].split("."))
    if not (module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()):
        raise InvalidProject(
            f"{folder} holds no app: there is no {module.relative_to(folder)}.py.",
            hint='Put the `AanaSDK` object into app.py, or name its module: app = "module:attribute" in project.toml.',
            code="no_app",
        )


def _files(folder: Path) -> Iterator[str]:
    """Paths inside the folder, with slashes, of what belongs into the archive."""
    ignore_file = folder / IGNORE_FILE
    own = ignore_file.read_text(encoding="utf-8").splitlines() if ignore_file.is_file() else []
    ignored = GitIgnoreSpec.from_lines([*ALWAYS_LEFT_OUT, *own])
    root = folder.resolve()
    for parent, folders, names in os.walk(folder, onerror=_unreadable):
        base = Path(parent).relative_to(folder)
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        # Pruned in place: what is left out is not even read, a virtual environment say.
        folders[:] = [
            name for name in folders if name not in linked and not ignored.match_file(f"{(base / name).as_posix()}/")
        ]
        for name in [*names, *linked]:
            relative = base / name
            path = folder / relative
            if ignored.match_file(relative.as_posix()):
                continue
            if path.is_symlink():
                _require_inside(root, path)
            if path.is_dir():
                yield from _linked_files(folder, relative, ignored)
            elif path.is_file():
                yield _utf8(relative)


def _linked_files(folder: Path, link: Path, ignored: GitIgnoreSpec) -> Iterator[str]:
    """The files behind a linked folder; linked folders inside it are not followed."""
    if (folder / link).resolve() in (folder.resolve() / link).parents:
        raise InvalidProject(
            f"The link {folder / link} leads back to a folder it is in.",
            hint=f"Remove it, or leave it out with {IGNORE_FILE}.",
            code="link_loop",
        )
    for path in sorted((folder / link).rglob("*")):
        relative = path.relative_to(folder)
        if ignored.match_file(relative.as_posix()) or any(
            ignored.match_file(f"{p.as_posix()}/") for p in relative.parents
        ):
            continue
        if path.is_symlink():
            _require_inside(folder.resolve(), path)
        if path.is_file():
            yield _utf8(relative)


def _require_inside(root: Path, link: Path) -> None:
    target = link.resolve()
    if not target.is_relative_to(root):
        raise InvalidProject(
            f"The link {link} leads out of the project's folder, to {target}.",
            hint=f"Copy what it leads to into the folder, or leave it out with {IGNORE_FILE}.",
            code="link_leaves_folder",
        )
    if not target.exists():
        raise InvalidProject(
            f"The link {link} leads to nothing.",
            hint=f"Remove it, or leave it out with {IGNORE_FILE}.",
            code="broken_link",
        )


def _require_size(folder: Path, files: list[str]) -> None:
    sizes = {name: (folder / name).stat().st_size for name in files}
    total = sum(sizes.values())
    if total > MAX_BYTES:
        largest = sorted(sizes, key=lambda name: -sizes[name])[:_NAMED_FILES]
        named = ", ".join(f"{name} ({sizes[name] / 1e6:.1f} MB)" for name in largest)
        raise InvalidProject(
            f"{folder} is {total / 1e6:.0f} MB, an archive holds at most {MAX_BYTES / 1e6:.0f} MB; largest: {named}.",
            hint=f"Archives hold code: keep weights outside (HF_HOME, a path in env), or list them in {IGNORE_FILE}.",
            code="archive_too_large",
        )


def _zipped(name: str, folder: Path, files: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for relative in files:
            path = folder / relative
            info = zipfile.ZipInfo(f"{name}/{relative}", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, wherever it is packed
            executable = path.stat().st_mode & 0o100
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            try:
                archive.writestr(info, path.read_bytes())
            except OSError as error:
                _unreadable(error)
    return buffer.getvalue()


def _utf8(path: Path) -> str:
    text = path.as_posix()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidProject(
            f"The file name {text!r} is not UTF-8.",
            hint=f"Rename it, or leave its folder out with {IGNORE_FILE}.",
            code="invalid_file_name",
        ) from error
    return text


def _unreadable(error: OSError) -> None:
    raise InvalidProject(
        f"{error.filename} cannot be read: {error.strerror}.",
        hint=f"Make it readable, or leave it out with {IGNORE_FILE}.",
        code="unreadable_file",
    ) from error


def _git_commit(folder: Path) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, without a shell
            ["git", "-C", str(folder), "rev-parse", "--verify", "HEAD"],  # noqa: S607 - whichever git the user has
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
