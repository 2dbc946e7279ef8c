from __future__ import annotations

import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from aanad.sdk import wiring
from aanad.sdk.test_cache import call

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Ray's own, on import
    import ray.serve  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_wiring() -> Iterator[None]:
    """No test sees another's handles."""
    wiring.install(None)
    yield
    wiring.install(None)


class Recordings:
    """The test cache's variables, and the folder of its files."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("DEPLOYMENT_CACHE_DIR", str(folder))
        self.switch()

    def switch(self, *, use: str | None = None, save: str | None = None) -> None:
        """Set the variables, or take them away."""
        for variable, value in (("USE_DEPLOYMENT_CACHE", use), ("SAVE_DEPLOYMENT_CACHE", save)):
            if value is None:
                self._monkeypatch.delenv(variable, raising=False)
            else:
                self._monkeypatch.setenv(variable, value)

    def record(self) -> None:
        """From now on calls are recorded, as in a process that begins."""
        call._written.clear()
        self.switch(save="true")

    def replay(self) -> None:
        """From now on calls are replayed."""
        self.switch(use="true")

    def files(self) -> list[str]:
        """What there is, relative to the folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def only(self) -> tuple[Path, dict[str, Any]]:
        """The one recording there is."""
        [path] = self.folder.rglob("*.json")
        return path, json.loads(path.read_text())


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recordings:
    """A folder for the test cache, which is off."""
    return Recordings(tmp_path / "cache", monkeypatch)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Write a project's files and put it on the path, as a replica has it: ``project("demo", {"app.py": "…"})``."""
    made: list[str] = []
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, files: dict[str, str]) -> Path:
        made.append(name)
        for path, text in files.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path / name

    yield write
    for module in set(sys.modules) - before:
        if module.partition(".")[0] in made:
            del sys.modules[module]
