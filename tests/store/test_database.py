"""Opening the database: new, known, damaged, from another version."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aanad.core.records import Good
from aanad.errors import InvalidSettings, StoreUnavailable
from aanad.store.database import open_database
from aanad.store.sql_store import SqlStore
from tests.contracts.store import PROJECT


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    """Desired state survives the process."""
    url = f"sqlite:///{tmp_path / 'db'}"
    first = SqlStore(url)
    await first.change_project("asr", lambda _: PROJECT)
    await first.close()

    second = SqlStore(url)
    found = await second.project("asr")
    await second.close()

    assert PROJECT == found


async def test_the_migrated_schema_is_the_one_that_the_code_uses(tmp_path: Path) -> None:
    """A migration that was forgotten shows here: Alembic finds nothing left to do."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from aanad.store.tables import metadata

    engine = open_database(f"sqlite:///{tmp_path / 'db'}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert differences == []


async def test_a_database_of_the_first_version_is_moved_forward(tmp_path: Path) -> None:
    """Projects and their last good revision are kept, and a backup is made before anything changes."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    import aanad.store

    path = tmp_path / "db"
    config = Config()
    config.set_main_option("script_location", str(Path(aanad.store.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(path) as old:
        old.execute(
            "INSERT INTO projects VALUES ('asr', 'running', '0123456789ab', '0123456789ab', 2, 'null', 'running',"
            " 'ready', '2026-01-01 12:00:00', '2026-01-01 12:00:00', 7)"
        )
        old.execute(
            "INSERT INTO revisions VALUES ('asr', '0123456789ab', 'ff', 12,"
            ' \'{"name": "asr", "app": "asr.app:aana_app", "endpoints": [], "deployments": []}\', \'{}\', \'/asr\','
            " '2026-01-01 12:00:00', 'ann', NULL)"
        )
    old.close()

    store = SqlStore(f"sqlite:///{path}")
    record = await store.project("asr")
    revision = await store.revision("asr", "0123456789ab")
    await store.close()

    assert record is not None
    assert revision is not None
    assert (Good("0123456789ab", 2), 7, {}, True) == (record.good, record.version, record.scale, record.is_good)
    assert revision.ready_at == datetime(2026, 1, 1, 12, tzinfo=UTC)
    config.attributes.clear()
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    with sqlite3.connect(path) as again:
        assert again.execute("SELECT good_revision, restarts FROM projects").fetchall() == [("0123456789ab", 2)]
    again.close()
    [backup] = tmp_path.glob("db.0001.*.backup")
    with sqlite3.connect(backup) as copy:
        assert copy.execute("SELECT good_revision FROM projects").fetchall() == [("0123456789ab",)]
    copy.close()


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """One sentence with a hint; not a byte of it is overwritten."""
    path = tmp_path / "db"
    path.write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreUnavailable) as caught:
        open_database(f"sqlite:///{path}")

    assert "damaged" in (caught.value.hint or "")
    assert path.read_bytes() == b"this is no database" * 100


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """An older aanad does not touch what a newer one wrote; a copy is kept before anything is tried."""
    path = tmp_path / "db"
    open_database(f"sqlite:///{path}").dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(StoreUnavailable) as caught:
        open_database(f"sqlite:///{path}")

    assert "another version" in caught.value.message
    assert len(list(tmp_path.glob("db.9999.*.backup"))) == 1


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x/y"])
def test_a_url_that_is_none_is_a_setting_to_mend(url: str) -> None:
    """The setting is named, whatever the driver would have said."""
    with pytest.raises(InvalidSettings) as caught:
        open_database(url)

    assert "database.url" in caught.value.message
