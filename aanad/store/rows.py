"""From records to rows and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import null

from aanad.core.records import Failure, Good, ProjectRecord, RevisionRecord, Timing
from aanad.wire.events import Event
from aanad.wire.manifest import ProjectManifest
from aanad.wire.project_file import ProjectFile
from aanad.wire.projects import Scale

if TYPE_CHECKING:
    from sqlalchemy import RowMapping


def project_row(record: ProjectRecord) -> dict[str, Any]:
    """A project as a row."""
    row = {field.name: getattr(record, field.name) for field in fields(record)}
    row["failure"] = null() if record.failure is None else _failure(record.failure)
    row["good"] = null() if record.good is None else asdict(record.good) | {"scale": _scale(record.good.scale)}
    return row | {
        "scale": _scale(record.scale),
        "gaps": list(record.gaps),
        "timings": timings(record.timings),
    }


def project_record(row: RowMapping) -> ProjectRecord:
    """A row as a project."""
    values = dict(row)
    if (failure := values["failure"]) is not None:
        values["failure"] = Failure(**(failure | {"at": datetime.fromisoformat(failure["at"])}))
    if (good := values["good"]) is not None:
        values["good"] = Good(**(good | {"scale": _scale_of(good["scale"])}))
    values["scale"] = _scale_of(values["scale"])
    values["gaps"] = tuple(values["gaps"])
    values["timings"] = {name: Timing(**timing) for name, timing in values["timings"].items()}
    return ProjectRecord(**values)


def timings(given: dict[str, Timing]) -> dict[str, Any]:
    """Timings as a document."""
    return {name: asdict(timing) for name, timing in given.items()}


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


def _failure(failure: Failure) -> dict[str, Any]:
    return asdict(failure) | {"at": failure.at.isoformat()}


def _scale(scale: dict[str, Scale]) -> dict[str, Any]:
    return {name: each.model_dump(exclude_none=True) for name, each in scale.items()}


def _scale_of(document: dict[str, Any]) -> dict[str, Scale]:
    return {name: Scale.model_validate(each) for name, each in document.items()}
