"""The store in memory and the one on SQLite keep the same promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aanad.core.ports import Store
from aanad.store.sql_store import SqlStore
from tests.contracts.store import StoreContract
from tests.fakes.store import MemoryStore


class TestMemoryStore(StoreContract):
    """The fake."""

    @pytest.fixture
    def store(self) -> Store:
        """An empty one."""
        return MemoryStore()


class TestSqlite(StoreContract):
    """The real one, on a file."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        """A new database."""
        store = SqlStore(f"sqlite:///{tmp_path / 'aanad.sqlite3'}")
        yield store
        await store.close()
