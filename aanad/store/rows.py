"""From records to rows and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aanad.core.records import Failure, ProjectRecord, RevisionRecord
from aanad.wire.events import Event
from aanad.wire.manifest import ProjectManifest
from aanad.wire.project_file import ProjectFile

if TYPE_CHECKING:
    from sqlalchemy import RowMapping


def project_row(record: ProjectRecord) -> dict[str, Any]:
    """A project as a row."""
    row = {field.name: getattr(record, field.name) for field in fields(record)}
    if record.failure is not None:
        row["failure"] = asdict(record.failure) | {"at": record.failure.at.isoformat()}
    return row


def project_record(row: RowMapping) -> ProjectRecord:
    """A row as a project."""
    values = dict(row)
    if values["failure"] is not None:
        values["failure"] = Failure(**(values["failure"] | {"at": datetime.fromisoformat(values["failure"]["at"])}))
    return ProjectRecord(**values)


def revision_row(record: RevisionRecord) -> dict[str, Any]:
    """A revision as a row."""
    row = {field.name: getattr(record, field.name) for field in fields(record)}
    return row | {
        "manifest": record.manifest.model_dump(mode="json"),
        "file": record.file.model_dump(mode="json", exclude_defaults=True),
    }


def revision_record(row: RowMapping) -> RevisionRecord:
    """A row as a revision."""
    values = dict(row)
    values["manifest"] = ProjectManifest.model_validate(values["manifest"])
    values["file"] = ProjectFile.model_validate(values["file"])
    return RevisionRecord(**values)


def event(row: RowMapping) -> Event:
    """A row as an event."""
    return Event.model_validate(dict(row))
