"""Why requirements could not be installed, in one sentence, from what the installer printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aanad.cluster.head import last_lines
from aanad.wire.manifest import LoadFailure

if TYPE_CHECKING:
    from pathlib import Path

CODE = "environment_failed"
EVIDENCE_LINES = 20
SEARCHED_LINES = 400
ERROR = "ERROR: "
NOT_DECISIVE = ("ResolutionImpossible", "Exception:")
"""They follow the line that says it, or a traceback that does."""
UNREACHABLE = re.compile(r"Retrying \(Retry\(|Connection(Error)? .*(refused|failed)|Name or service not known")
REFERENCE = re.compile(r"-r requirements\.txt \(line (\d+)\)")
CREDENTIALS = re.compile(r"//[^/\s@]+@")


def describe(output: Path, place: Path, *, timeout_s: float | None) -> LoadFailure:
    """What happened.

    Args:
        output: the installer's log.
        place: the environment's folder, whose path says nothing to an author.
        timeout_s: the time limit, where it was exceeded.
    """
    lines = [_for_authors(line, place) for line in last_lines(output, SEARCHED_LINES)]
    if timeout_s is not None:
        message = f"Installing the requirements took longer than {timeout_s:g} s."
        hint = (
            "Pin versions, which spares the installer its search, or allow more with AANA_RAY__ENVIRONMENT_TIMEOUT_S."
        )
    else:
        reason = _decisive(lines)
        message = f"The requirements cannot be installed: {reason.rstrip('.')}."
        hint = _hint(lines)
    return LoadFailure(code=CODE, message=message, hint=hint, traceback=lines[-EVIDENCE_LINES:])


def of_disk(error: OSError) -> LoadFailure:
    """The folder itself cannot be written."""
    return LoadFailure(
        code=CODE,
        message=f"The environment of the requirements cannot be made: {error.strerror}.",
        hint="See to it that the Ray unit's runtime folder is writable and has space.",
    )


def _decisive(lines: list[str]) -> str:
    said = [line.removeprefix(ERROR) for line in lines if line.startswith(ERROR)]
    telling = [line for line in said if not line.startswith(NOT_DECISIVE)]
    return (telling or said or lines or ["the installer printed nothing"])[-1].strip()


def _hint(lines: list[str]) -> str:
    text = "\n".join(lines)
    if "No space left on device" in text:
        return "Free some space where the Ray unit keeps its runtime folder, and deploy again."
    if "No module named pip" in text:
        return "Install pip into the Python environment of the Ray unit."
    if UNREACHABLE.search(text):
        return "The package index cannot be reached from here; look at the network, the proxy and PIP_INDEX_URL."
    return "Correct requirements.txt and deploy again."


def _for_authors(line: str, place: Path) -> str:
    shown = REFERENCE.sub(r"line \1 of requirements.txt", line.replace(f"{place}/", ""))
    return CREDENTIALS.sub("//***@", shown)
