"""One recording: a JSON file, and what lies beside it; written at once or not at all."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from aanad.sdk.test_cache.problems import RecordingInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENDING = ".json"


def read(path: Path) -> dict[str, Any] | None:
    """What a file holds; None where there is none.

    Raises:
        RecordingInvalid: it is no recording.
    """
    try:
        found = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RecordingInvalid(
            f"{path} cannot be read: {error}.", hint="Restore the file, or remove it and record the call again."
        ) from error
    if not isinstance(found, dict) or not {"deployment", "method", "config", "arguments"} <= found.keys():
        raise RecordingInvalid(f"{path} is no recording.", hint="Remove it, and record the call again.")
    return found


def write(folder: Path, stem: str, recording: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
    """Write a recording and its files; those of an earlier one of the same call are removed.

    A stream that was given up never replaces a whole one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}{ENDING}"
    with _alone(folder):
        if recording.get("complete") is False and path.exists() and (read(path) or {}).get("complete") is not False:
            return path
        for name, content in files.items():
            _replace(folder / name, content)
        text = json.dumps(recording, ensure_ascii=False, indent=2) + "\n"
        _replace(path, text.encode("utf-8", "surrogatepass"))
        for other in folder.glob(f"{_literal(stem)}.*"):
            if other != path and other.name not in files:
                other.unlink(missing_ok=True)
    return path


def of_method(folder: Path, method: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The recordings of one method that can be read, by name."""
    for path in sorted(folder.glob(f"{method}.*{ENDING}")):
        try:
            found = read(path)
        except RecordingInvalid:
            continue
        if found is not None:
            yield path, found


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time, whichever process it is in; the folder itself is the lock."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _literal(stem: str) -> str:
    """`stem` as a pattern; what it is made of has nothing that a pattern would read otherwise, but for brackets."""
    return stem.replace("[", "[[]")
