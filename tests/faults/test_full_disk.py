"""A state folder without room: changes are refused with a sentence, what runs goes on, and room mends it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.box import PROJECTS, Box, eventually
from tests.e2e.traffic import Traffic
from tests.faults.fault import BODY, standing

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
RUNNING = {"lowercase": 2}
DISK = "8m"
AS_ROOT = [] if os.geteuid() == 0 else ["--map-root-user"]
MOUNT_AND_RUN = f'mount -t tmpfs -o size={DISK},mode=700 aana "$AANA_STATE_DIR" && exec "$@"'


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """A box whose state folder is a small disk of its own, which is gone with the last process that sees it."""
    box = Box(below=["unshare", "--mount", *AS_ROOT, "sh", "-c", MOUNT_AND_RUN, "sh"])
    box.state_dir.mkdir()
    try:
        box.start()
        box.ok("deploy", PROJECTS / "lowercase")
        yield box
    finally:
        box.clean_up()


@pytest.fixture
def disk(box: Box) -> Path:
    """The small disk, as seen from outside."""
    assert box.daemon is not None
    return Path(f"/proc/{box.daemon.pid}/root{box.state_dir}")


def fill(disk: Path) -> Path:
    """Write until there is no room, not for a byte."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    assert shutil.disk_usage(disk).free == 0
    return filler


def test_a_full_disk_refuses_an_upload_and_harms_nothing(box: Box, disk: Path) -> None:
    """One sentence with its code; no half archive is left; once there is room, the same deploy works."""
    before = box.pids("lowercase")
    project = box.copy_project(PROJECTS / "lowercase", "new")
    archives = sorted(path.name for path in (disk / "archives").iterdir())
    with Traffic(f"{box.serve_url}/lowercase/lowercase", BODY) as traffic:
        filler = fill(disk)
        refused = box.aana("deploy", project)
        as_json = box.aana("deploy", project, "-o", "json")
        assert not standing(box, RUNNING)
        assert "new" not in {project["name"] for project in box.json("ps")}
        assert archives == sorted(path.name for path in (disk / "archives").iterdir())

        filler.unlink()
        box.ok("deploy", project)

    assert 1 == refused.returncode
    assert [
        "error: The archive could not be kept: No space left on device.",
        f"hint: Is there room in {box.state_dir}/archives, and may aanad write there?",
    ] == refused.stderr.splitlines()
    assert "store_unavailable" == json.loads(as_json.stderr)["code"]
    assert {} == traffic.failures
    assert before == box.pids("lowercase")
    box.ok("rm", "new", "--force")


def test_a_disk_that_fills_up_while_a_project_is_read_delays_its_deploy(box: Box, disk: Path) -> None:
    """The archive is kept already; the deploy is done as soon as the database can be written again."""
    project = box.copy_project(PROJECTS / "lowercase", "delayed")

    operation = box.json("deploy", project, "--detach")
    filler = fill(disk)
    eventually(lambda: "deploy.waits" in box.log_path.read_text())
    assert not standing(box, RUNNING)
    filler.unlink()

    done = eventually(
        lambda: box.get(f"/v1/operations/{operation['id']}").json(), lambda found: found["state"] != "running"
    )
    assert "succeeded" == done["state"]
    assert not standing(box, RUNNING | {"delayed": 2})
