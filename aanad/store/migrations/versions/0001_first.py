"""Projects, revisions, operations and events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "projects",
        sa.Column("name", sa.String(48), primary_key=True),
        sa.Column("desired", sa.String(16), nullable=False),
        sa.Column("revision", sa.String(12)),
        sa.Column("good_revision", sa.String(12)),
        sa.Column("restarts", sa.Integer, nullable=False),
        sa.Column("failure", sa.JSON),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "revisions",
        sa.Column("project", sa.String(48), primary_key=True),
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("archive", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("manifest", sa.JSON, nullable=False),
        sa.Column("file", sa.JSON, nullable=False),
        sa.Column("route_prefix", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("git_commit", sa.String(64)),
    )
    op.create_table(
        "operations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("project", sa.String(48), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_index("ix_operations_project_created_at", "operations", ["project", "created_at"])
    op.create_index("ix_operations_state", "operations", ["state"])
    op.create_table(
        "events",
        sa.Column("cursor", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("time", sa.DateTime, nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("project", sa.String(48)),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_project_cursor", "events", ["project", "cursor"])


def downgrade() -> None:
    """Move back."""
    for table in ("events", "operations", "revisions", "projects"):
        op.drop_table(table)
