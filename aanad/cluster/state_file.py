"""What the unit writes down, so that the next one can adopt a living head and end a dead one's remains."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from aanad.cluster.processes import ProcessId
from aanad.cluster.sessions import Session
from aanad.wire.unit import UnitStatus

if TYPE_CHECKING:
    from pathlib import Path


class Component(BaseModel):
    """One supervised process of the head, with all that is needed to run it again."""

    model_config = ConfigDict(frozen=True)

    name: str
    process: ProcessId
    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdout: str | None = None
    """The file its output went to, where it was one."""
    stderr: str | None = None
    restarts: int = 0
    helpers: list[ProcessId] = []
    """Processes below it, which must not outlive it."""


class HeadRecord(BaseModel):
    """A head, or a node that joined one."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    sessions: list[Session]
    components: list[Component] = []
    dashboard_url: str | None = None
    session_dir: str | None = None


class UnitRecord(BaseModel):
    """The whole file. It may hold the operator's environment, so nobody else may read it."""

    model_config = ConfigDict(frozen=True)

    boot: str
    unit: ProcessId
    status: UnitStatus
    head: HeadRecord | None = None


def write(path: Path, record: UnitRecord) -> None:
    """Replace the file in one step."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(record.model_dump_json())
    aside.replace(path)


def read(path: Path) -> UnitRecord | None:
    """The last unit's record; None where there is none or it cannot be read."""
    try:
        return UnitRecord.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
