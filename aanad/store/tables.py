"""The tables. What is only read and written as a whole is JSON; what is searched for has a column."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in Python, naive UTC in the database: the same in SQLite and PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

projects = Table(
    "projects",
    metadata,
    Column("name", String(48), primary_key=True),
    Column("desired", String(16), nullable=False),
    Column("revision", String(12)),
    Column("good", JSON),
    Column("restarts", Integer, nullable=False),
    Column("failure", JSON),
    Column("phase", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Column("scale", JSON, nullable=False, server_default="{}"),
    Column("gaps", JSON, nullable=False, server_default="[]"),
    Column("timings", JSON, nullable=False, server_default="{}"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("project", String(48), primary_key=True),
    Column("id", String(12), primary_key=True),
    Column("archive", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("manifest", JSON, nullable=False),
    Column("file", JSON, nullable=False),
    Column("route_prefix", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("git_commit", String(64)),
    Column("requirements", Text),
    Column("activated_at", UtcDateTime),
    Column("ready_at", UtcDateTime),
)

operations = Table(
    "operations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(48), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("document", JSON, nullable=False),
    Column("actor", String(200), nullable=False, server_default=""),
    Column("idempotency_key", String(200)),
    Column("fingerprint", String(64)),
    Index(None, "project", "created_at"),
    Index(None, "state"),
    Index(None, "idempotency_key"),
)

events = Table(
    "events",
    metadata,
    Column("cursor", Integer, primary_key=True, autoincrement=True),
    Column("time", UtcDateTime, nullable=False),
    Column("type", String(64), nullable=False),
    Column("project", String(48)),
    Column("actor", String(200), nullable=False),
    Column("message", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Index(None, "project", "cursor"),
    sqlite_autoincrement=True,
)
