"""Alembic's entry: runs on the connection that `aanad.store.database` hands over."""

from alembic import context

from aanad.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
)
with context.begin_transaction():
    context.run_migrations()
