from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import pytest

from aanad.sdk import wiring

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
