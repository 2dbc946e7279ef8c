"""A daemon attached to a cluster that somebody else runs."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from tests.e2e.box import PROJECTS, Box, eventually

pytestmark = pytest.mark.e2e


def test_an_external_cluster_is_used_and_its_applications_are_left_alone() -> None:
    """Projects run beside the application that was there; when the daemon stops, all of them go on."""
    theirs = Box()
    ours = Box(AANA_RAY__MODE="external")
    cluster = subprocess.Popen([sys.executable, "-m", "aanad.cluster"], env=theirs.environment, cwd=theirs.root)
    try:
        state = theirs.runtime_dir / "ray-unit.json"
        eventually(lambda: state.exists() and theirs.unit_state()["status"]["state"] == "ready", within=120)
        dashboard = theirs.unit_state()["status"]["dashboard_url"]
        foreign = deploy_foreign(theirs, dashboard)
        ours.environment |= {
            "AANA_RAY__DASHBOARD_URL": dashboard,
            "AANA_RAY__TOKEN_PATH": str(theirs.runtime_dir / "ray-token"),
            "AANA_SERVE__PORT": str(theirs.serve_port),
        }
        ours.serve_port = theirs.serve_port

        ours.start()
        ours.ok("deploy", PROJECTS / "lowercase")

        assert ours.json("status")["cluster"]["mode"] == "external"
        assert ours.post("/lowercase/lowercase", json={"text": ["A"]}).json() == {"text": ["a"]}
        assert foreign == httpx.get(f"{theirs.serve_url}/foreign/", timeout=30).json()
        assert ours.stop() == 0
        assert ours.post("/lowercase/lowercase", json={"text": ["A"]}).json() == {"text": ["a"]}
    finally:
        ours.clean_up()
        cluster.terminate()
        cluster.wait(60)
        theirs.clean_up()


def deploy_foreign(theirs: Box, dashboard: str) -> dict[str, object]:
    """An application that no daemon of ours knows; gives what it answers."""
    folder = theirs.projects_dir / "foreign"
    folder.mkdir()
    (folder / "foreign_app.py").write_text(
        "from ray import serve\n\n\n"
        "@serve.deployment(ray_actor_options={'num_cpus': 0.1})\n"
        "class Foreign:\n"
        "    async def __call__(self, request):\n"
        "        return {'whose': 'theirs'}\n\n\n"
        "app = Foreign.bind()\n"
    )
    token = (theirs.runtime_dir / "ray-token").read_text().strip()
    with httpx.Client(base_url=dashboard, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:
        config = {
            "http_options": {"host": "127.0.0.1", "port": theirs.serve_port},
            "applications": [
                {
                    "name": "foreign",
                    "route_prefix": "/foreign",
                    "import_path": "foreign_app:app",
                    "runtime_env": {"working_dir": "gcs://_ray_pkg_00000000000000aa.zip"},
                }
            ],
        }
        archive = packed(folder / "foreign_app.py")
        client.put("/api/packages/gcs/_ray_pkg_00000000000000aa.zip", content=archive).raise_for_status()
        client.put("/api/serve/applications/", json=config).raise_for_status()
        eventually(
            lambda: client.get("/api/serve/applications/").json()["applications"]["foreign"]["status"],
            lambda status: status == "RUNNING",
            within=60,
        )
    answer: dict[str, object] = httpx.get(f"{theirs.serve_url}/foreign/", timeout=30).json()
    return answer


def packed(file) -> bytes:
    """One file, in a folder as Ray wants it."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(file, file.name)
        archive.writestr("README", "two entries keep Ray from taking the only one for a top folder")
    return buffer.getvalue()
