"""Log files of other nodes, against real HTTP servers that answer as Ray's dashboard and agents do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aanad.adapters.logs.node_files import NodeFiles, NodeSilent
from aanad.adapters.ray_dashboard import RayDashboard
from tests.adapters.ray_log_api import TOKEN, RayLogApi, ray_log_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RayLogApi]:
    async with ray_log_api(tmp_path) as api:
        yield api


@pytest.fixture
async def files(api: RayLogApi) -> AsyncIterator[NodeFiles]:
    dashboard = RayDashboard(url=lambda: api.url, token=lambda: TOKEN, host="", port=1)
    files = NodeFiles(dashboard.document, lambda: TOKEN)
    yield files
    await files.close()
    await dashboard.close()


async def test_any_part_of_a_file_is_read(api: RayLogApi, files: NodeFiles) -> None:
    """Exactly the bytes asked for, with the size and time of the whole file; nothing at its end, None without it."""
    path = api.folder / "serve" / "a #1.log"
    path.write_bytes(b"0123456789")

    assert await files.names("n1", "serve/*") == ["serve/a #1.log"]
    piece = await files.piece("n1", "serve/a #1.log", 3, 4)
    assert piece is not None
    assert (piece.data, piece.size, piece.modified) == (b"3456", 10, path.stat().st_mtime_ns)
    at_end = await files.piece("n1", "serve/a #1.log", 10, 4)
    assert at_end is not None
    assert (at_end.data, at_end.size) == (b"", 10)
    assert await files.piece("n1", "serve/none.log", 0, 4) is None


async def test_a_node_that_is_not_there_is_said(files: NodeFiles) -> None:
    """A node that Ray does not know, or no longer, has one kind of error, with a sentence."""
    with pytest.raises(NodeSilent, match="no such node"):
        await files.names("n2", "serve/*")
    with pytest.raises(NodeSilent, match="does not say where"):
        await files.piece("n2", "serve/a.log", 0, 4)


async def test_an_agent_that_was_run_again_is_found(api: RayLogApi, files: NodeFiles) -> None:
    """It has another port then; the next question but one finds it."""
    (api.folder / "serve" / "a.log").write_bytes(b"text")
    assert await files.piece("n1", "serve/a.log", 0, 4) is not None

    await api.restart()

    with pytest.raises(NodeSilent, match="does not answer"):
        await files.piece("n1", "serve/a.log", 0, 4)
    assert await files.piece("n1", "serve/a.log", 0, 4) is not None
