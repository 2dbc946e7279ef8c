"""One Ray unit, without a daemon, serves every test of the adapters that needs a cluster."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from aanad.wire.unit import UnitStatus
from tests.e2e.box import Box, eventually


@pytest.fixture(scope="session")
def unit() -> Iterator[tuple[Box, UnitStatus]]:
    """A Ray unit of its own."""
    box = Box()
    process = subprocess.Popen([sys.executable, "-m", "aanad.cluster"], env=box.environment, cwd=box.root)
    try:
        yield (
            box,
            eventually(
                lambda: unit_status(box), lambda status: status is not None and status.state == "ready", within=120
            ),
        )
    finally:
        process.terminate()
        process.wait(60)
        box.clean_up()


def unit_status(box: Box) -> UnitStatus | None:
    """What the unit says, once it answers."""
    path = box.runtime_dir / "ray.sock"
    if not path.exists():
        return None
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://unit") as client:
        return UnitStatus.model_validate_json(client.get("/v1/unit").content)
