"""The text of a ``requirements.txt``: what is refused in it, and what tells one from another."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import shlex
import sys

from aanad.errors import InvalidProject

MAX_BYTES = 64 * 1024
SHORT = ("-e", "-r", "-c")
LONG = ("--editable", "--requirement", "--constraint")
SHORTEST_PREFIX = len("--ed")
"""The installer takes beginnings of long options where they can mean one only."""
PINNED = ("aanad", "ray")
"""A replica with another version of these could not join the cluster."""


def read(body: bytes) -> str:
    """The text, with plain line ends.

    Raises:
        InvalidProject: ``invalid_requirements``: too long, no text, or it refers to files that did not travel.
    """
    if len(body) > MAX_BYTES:
        raise _invalid(
            f"The requirements.txt is larger than {MAX_BYTES // 1024} KiB.",
            hint="Name only what the project itself imports; the installer finds what these need.",
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _invalid("The requirements.txt is not text in UTF-8.", hint="Save it as UTF-8.") from None
    if "\0" in text:
        raise _invalid("The requirements.txt holds a zero byte.", hint="Save it as plain text in UTF-8.")
    text = "\n".join(text.splitlines()) + "\n"
    for line in _lines(text):
        if option := _refused(line):
            raise _invalid(
                f"The requirements.txt uses {option}, which refers to files that do not travel with it.",
                hint="Name packages in requirements.txt itself; the project's own modules go into its folder.",
            )
    return text


def identify(text: str) -> str:
    """16 hex digits: the same for the same requirements on the same Python, Aana and Ray."""
    parts = [sys.version, sys.prefix, *(f"{name}=={version}" for name, version in pins().items()), *_lines(text)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def pins() -> dict[str, str]:
    """The versions that an environment must not change."""
    return {name: importlib.metadata.version(name) for name in PINNED}


def _lines(text: str) -> list[str]:
    """Logical lines without comments and empty ones, as the installer reads them."""
    joined = re.sub(r"\\\n", "", text)
    stripped = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in stripped if line]


def _refused(line: str) -> str | None:
    """The option that makes a line refer to other files."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    for word in words if line.startswith("-") else []:
        name = word.partition("=")[0]
        if name.startswith("--"):
            if len(name) >= SHORTEST_PREFIX and (found := next((x for x in LONG if x.startswith(name)), None)):
                return found
        elif name[:2] in SHORT:
            return name[:2]
    return None


def _invalid(message: str, *, hint: str) -> InvalidProject:
    return InvalidProject(message, hint=hint, code="invalid_requirements")
