"""Opens the database, brings its schema up to date, and turns its errors into ours."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from aanad.errors import InvalidSettings, StoreUnavailable
from aanad.store.migrations import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_TIMEOUT_MS = 5000


def open_database(url: str) -> Engine:
    """Connect and migrate.

    Raises:
        InvalidSettings: the URL is none, or its driver is not installed.
        StoreUnavailable: the database cannot be reached, read or migrated.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    except (ArgumentError, NoSuchModuleError) as error:
        raise InvalidSettings("database.url is no SQLAlchemy URL.", hint="sqlite:///FILE or postgresql://…") from error
    except ModuleNotFoundError as error:
        raise InvalidSettings(
            f"The driver of database.url is not installed ({error.name}).", hint="pip install 'aanad[postgres]'"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    with database_errors(engine):
        _migrate(engine)
    return engine


@contextmanager
def database_errors(engine: Engine) -> Iterator[None]:
    """What a database says becomes a StoreUnavailable with the cause in one line."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        where = engine.url.render_as_string(hide_password=True)
        hint = "Is there room on the disk, may aanad write there, and does nobody else hold the database?"
        if "not a database" in str(cause) or "malformed" in str(cause):
            hint = "The file is damaged: move it away, or put a backup in its place. Nothing was overwritten."
        raise StoreUnavailable(f"The database {where} failed: {str(cause).splitlines()[0]}", hint=hint) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(engine: Engine) -> None:
    """Bring the schema to HEAD; a database that is there already is backed up before it is changed."""
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        version: Any = None
        if "alembic_version" in tables:
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if version == HEAD:
            return
        if version is not None and engine.dialect.name == "sqlite" and engine.url.database:
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
            backup = Path(f"{engine.url.database}.{version}.{stamp}.backup")
            connection.execute(text("VACUUM INTO :backup"), {"backup": str(backup)})
    from alembic import command  # noqa: PLC0415 - costs 140 ms that most starts need not pay
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailable(
            f"The database was written by another version of aanad ({version}).",
            hint="Install that version, or put a backup in its place.",
        ) from error
