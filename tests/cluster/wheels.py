"""Packages made by hand, so that a real installer installs them without any index."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

HANGING_BUILD = """
import os, pathlib, time
aside = pathlib.Path({mark!r} + ".new")
aside.write_text(str(os.getpid()))
aside.rename({mark!r})
time.sleep(1000)
"""


def make_wheel(folder: Path, name: str, version: str, source: str, *, requires: Sequence[str] = ()) -> Path:
    """A wheel with one module of its own name and a program that prints the module's path."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {need}\n" for need in requires)
    files = {
        f"{name}.py": source + "\n\ndef main():\n    print(__file__)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}-path = {name}:main\n",
    }
    record = "".join(f"{each},,\n" for each in [*files, f"{info}/RECORD"])
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(each, text)
    return path


def requirements_for(folder: Path, *lines: str) -> str:
    """A requirements.txt that takes these from a folder and nothing from anywhere else."""
    return "\n".join(["--no-index", f"--find-links {folder}", *lines]) + "\n"


def hanging_package(folder: Path) -> tuple[Path, Path]:
    """A package whose build goes on for ever, and the file in which the build's process notes its pid."""
    source, mark = folder / "source", folder / "pid"
    source.mkdir()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (source / "backend.py").write_text(HANGING_BUILD.format(mark=str(mark)))
    return source, mark
