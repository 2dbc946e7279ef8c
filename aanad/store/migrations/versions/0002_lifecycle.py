"""What was good before, scale, marks of revisions, and the keys of repeated requests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

PROJECTS = sa.table(
    "projects",
    sa.column("name", sa.String),
    sa.column("restarts", sa.Integer),
    sa.column("good_revision", sa.String),
    sa.column("good", sa.JSON),
)


def upgrade() -> None:
    """Move forward."""
    with op.batch_alter_table("projects") as projects:
        projects.add_column(sa.Column("good", sa.JSON))
        projects.add_column(sa.Column("scale", sa.JSON, nullable=False, server_default="{}"))
        projects.add_column(sa.Column("gaps", sa.JSON, nullable=False, server_default="[]"))
        projects.add_column(sa.Column("timings", sa.JSON, nullable=False, server_default="{}"))
    connection = op.get_bind()
    good_before = sa.select(PROJECTS.c.name, PROJECTS.c.good_revision, PROJECTS.c.restarts)
    for name, revision_id, restarts in connection.execute(
        good_before.where(PROJECTS.c.good_revision.is_not(None))
    ).all():
        good = {"revision": revision_id, "restarts": restarts, "scale": {}}
        connection.execute(sa.update(PROJECTS).where(PROJECTS.c.name == name).values(good=good))
    with op.batch_alter_table("projects") as projects:
        projects.drop_column("good_revision")
    with op.batch_alter_table("revisions") as revisions:
        revisions.add_column(sa.Column("requirements", sa.Text))
        revisions.add_column(sa.Column("activated_at", sa.DateTime))
        revisions.add_column(sa.Column("ready_at", sa.DateTime))
    connection.execute(
        sa.text(
            "UPDATE revisions SET ready_at = created_at, activated_at = created_at WHERE EXISTS"
            " (SELECT 1 FROM projects WHERE projects.name = revisions.project AND projects.revision = revisions.id"
            " AND projects.good IS NOT NULL)"
        )
    )
    with op.batch_alter_table("operations") as operations:
        operations.add_column(sa.Column("actor", sa.String(200), nullable=False, server_default=""))
        operations.add_column(sa.Column("idempotency_key", sa.String(200)))
        operations.add_column(sa.Column("fingerprint", sa.String(64)))
        operations.create_index("ix_operations_idempotency_key", ["idempotency_key"])


def downgrade() -> None:
    """Move back."""
    with op.batch_alter_table("operations") as operations:
        operations.drop_index("ix_operations_idempotency_key")
        for column in ("fingerprint", "idempotency_key", "actor"):
            operations.drop_column(column)
    with op.batch_alter_table("revisions") as revisions:
        for column in ("ready_at", "activated_at", "requirements"):
            revisions.drop_column(column)
    with op.batch_alter_table("projects") as projects:
        projects.add_column(sa.Column("good_revision", sa.String(12)))
    connection = op.get_bind()
    for name, good in connection.execute(sa.select(PROJECTS.c.name, PROJECTS.c.good)).all():
        if good is not None:
            connection.execute(
                sa.update(PROJECTS).where(PROJECTS.c.name == name).values(good_revision=good["revision"])
            )
    with op.batch_alter_table("projects") as projects:
        for column in ("timings", "gaps", "scale", "good"):
            projects.drop_column(column)
