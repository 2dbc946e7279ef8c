"""A project's requirements.txt becomes an environment of its own, for its import and for its replicas."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.wheels import make_wheel, requirements_for
from tests.e2e.box import Box

pytestmark = pytest.mark.e2e
CODE = """
import aana_test_greeting

from aanad.sdk import AanaSDK, Endpoint


class GreetEndpoint(Endpoint):
    async def run(self) -> str:
        return aana_test_greeting.GREETING


aana_app = AanaSDK(name="{name}")
aana_app.register_endpoint(name="greet", path="/greet", summary="Greet", endpoint_cls=GreetEndpoint)
"""


def write(box: Box, name: str, requirements: str) -> Path:
    """A project that imports what it requires."""
    folder = box.projects_dir / name
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(CODE.replace("{name}", name))
    (folder / "requirements.txt").write_text(requirements)
    return folder


def test_two_projects_have_different_versions_of_one_package(box: Box, tmp_path: Path) -> None:
    """Each imports and serves with its own; the set-up is a step of the deploy."""
    for version in ("1.0", "2.0"):
        make_wheel(tmp_path, "aana_test_greeting", version, f"GREETING = {version!r}")
        folder = write(box, f"needs_{version[0]}", requirements_for(tmp_path, f"aana-test-greeting=={version}"))
        box.ok("deploy", folder, timeout=300)

    answers = [box.post(f"/needs_{number}/greet", json={}).json() for number in (1, 2)]

    assert ["1.0", "2.0"] == answers
    [deploy] = [each for each in box.json("operations", "needs_1") if each["kind"] == "deploy"]
    assert ["environment", "load", "build", "replicas"] == [step["name"] for step in deploy["steps"]]
    for name in ("needs_1", "needs_2"):
        box.remove(name)


def test_requirements_that_cannot_be_installed_show_the_installers_words(box: Box, tmp_path: Path) -> None:
    """Exit code 1, a sentence, the last lines of the installer, and the step that failed."""
    folder = write(box, "needs_much", requirements_for(tmp_path, "aana-test-nowhere==1.0"))

    done = box.aana("deploy", folder, timeout=300)

    assert 1 == done.returncode
    assert "aana-test-nowhere" in done.stderr
    assert "ERROR" in done.stderr
    assert ("failed", "environment_failed") == (
        box.project("needs_much")["phase"],
        box.project("needs_much")["reason"],
    )
    [deploy] = box.json("operations", "needs_much")
    assert ("environment", "failed") == (deploy["steps"][0]["name"], deploy["steps"][0]["state"])
    box.ok("rm", "needs_much")
