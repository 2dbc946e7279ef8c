"""Environments of requirements, made by the real installer from packages that the tests make themselves."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aanad.cluster import processes, project_environments, requirements
from aanad.cluster.children import Children
from aanad.cluster.folders import Folders
from aanad.cluster.loading import Loading
from aanad.cluster.project_environments import ProjectEnvironments
from aanad.errors import Failed
from aanad.settings import Settings
from tests.cluster.conftest import APP, eventually, zipped
from tests.cluster.wheels import hanging_package, make_wheel, requirements_for

if TYPE_CHECKING:
    from aanad.wire.manifest import LoadFailure, LoadResult
    from aanad.wire.unit import EnvironmentResult


class Shop:
    """Environments and a loader in folders of the test's own, and a folder of wheels."""

    def __init__(self, folder: Path, *, timeout_s: float = 60) -> None:
        self.wheels = folder / "wheels"
        self.folders = Folders(Settings(runtime_dir=folder))
        self.folders.loads = folder / "loads"
        self.folders.loads.mkdir(exist_ok=True)
        self.folders.environments = folder / "v"
        self.children = Children()
        self.environments = ProjectEnvironments(self.folders, self.children, timeout_s=timeout_s)
        self.loading = Loading(self.folders, self.children, self.environments, timeout_s=60)

    async def prepare(self, text: str) -> EnvironmentResult:
        """What the unit answers."""
        return await self.environments.prepare(body(text.encode()))

    async def made(self, *lines: str) -> str:
        """The id of an environment that could be made."""
        result = await self.prepare(requirements_for(self.wheels, *lines))

        assert result.failure is None
        return result.id

    async def failure(self, text: str) -> LoadFailure:
        """Why there is none; of which nothing is left."""
        result = await self.prepare(text)

        assert result.failure is not None
        assert [path for path in self.folders.environments.glob("*") if path.is_dir()] == []
        return result.failure

    async def load(self, code: str, environment: str) -> LoadResult:
        """What the loader says of a project with this at the end of its ``app.py``."""
        return await self.loading.load(
            body(zipped({"shout/app.py": APP + code})), project="shout", app=None, environment=environment
        )


async def body(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installer of a test asks no index and reads no configuration of this machine."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")


async def test_an_import_sees_its_requirements_and_all_that_the_unit_has(shop: Shop) -> None:
    """Its own version of a package comes first, the unit's packages remain, and programs find their Python."""
    make_wheel(shop.wheels, "loud", "2.0", "VOICE = 'loud'", requires=["click"])
    make_wheel(shop.wheels, "mdurl", "0.1.99", "VOICE = 'ours'")
    environment = await shop.made("loud==2.0", "mdurl==0.1.99")

    code = (
        "import click, loud, mdurl, ray, subprocess, sys\n"
        "assert (loud.VOICE, mdurl.VOICE) == ('loud', 'ours'), sys.path\n"
        "assert sys.prefix not in click.__file__, click.__file__\n"
        "assert subprocess.check_output(['loud-path'], text=True).strip() == loud.__file__\n"
    )
    result = await shop.load(code, environment)

    assert result.failure is None
    without = await shop.load("import loud\n", "")
    assert without.failure is not None
    assert without.failure.code == "import_error"


async def test_one_text_is_installed_once(shop: Shop) -> None:
    """Who asks for the same requirements meanwhile, or later, gets the same environment."""
    make_wheel(shop.wheels, "loud", "1.0", "")

    first, second = await asyncio.gather(shop.made("loud"), shop.made("loud"))
    made_at = (shop.folders.environments / first).stat().st_ino
    again = await Shop(shop.wheels.parent).made("# the same", "loud")

    assert first == second == again
    assert (shop.folders.environments / first).stat().st_ino == made_at
    assert len(list(shop.folders.environments.glob("*.log"))) == 1


async def test_one_is_installed_at_a_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Different requirements wait for each other."""
    running: list[str] = []
    most: list[int] = []

    async def install(place: Path, text: str) -> None:
        running.append(text)
        most.append(len(running))
        for _ in range(5):
            await asyncio.sleep(0)
        place.mkdir(parents=True)
        running.remove(text)

    monkeypatch.setattr(shop.environments, "_install", install)

    made = await asyncio.gather(shop.prepare("loud\n"), shop.prepare("calm\n"), shop.prepare("soft\n"))

    assert len({result.id for result in made}) == 3
    assert most == [1, 1, 1]


async def test_a_requirement_that_does_not_exist_is_named(shop: Shop) -> None:
    """The sentence is the installer's own, the last lines are there, and a next try starts anew."""
    text = requirements_for(shop.wheels, "loud==9")
    failure = await shop.failure(text)

    assert failure.code == "environment_failed"
    assert failure.message == "The requirements cannot be installed: No matching distribution found for loud==9."
    assert failure.hint == "Correct requirements.txt and deploy again."
    assert 0 < len(failure.traceback) <= 20

    make_wheel(shop.wheels, "loud", "9", "")
    assert (await shop.prepare(text)).failure is None


async def test_requirements_that_contradict_each_other_are_named(shop: Shop) -> None:
    """The line that says which two, not the advice that follows it."""
    make_wheel(shop.wheels, "loud", "1.0", "", requires=["calm<2"])
    make_wheel(shop.wheels, "calm", "1.0", "")
    make_wheel(shop.wheels, "calm", "2.0", "")

    failure = await shop.failure(requirements_for(shop.wheels, "loud", "calm==2.0"))

    assert failure.message.startswith("The requirements cannot be installed: Cannot install ")
    assert "calm==2.0" in failure.message


async def test_another_ray_is_refused(shop: Shop) -> None:
    """A replica with another Ray than the cluster's could not join it."""
    make_wheel(shop.wheels, "ray", "1.0", "")

    failure = await shop.failure(requirements_for(shop.wheels, "ray==1.0"))

    assert "Cannot install ray==1.0" in failure.message
    assert any("(constraint) ray==" in line for line in failure.traceback)


async def test_an_index_that_cannot_be_reached_is_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network problem is no mistake in requirements.txt, and credentials of an index are not repeated."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "1")
    failure = await shop.failure("--index-url http://user:geheim@127.0.0.1:9/simple\nloud==9\n")

    assert failure.hint.startswith("The package index cannot be reached")
    assert "geheim" not in failure.model_dump_json()


async def test_an_installation_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """After the limit neither the installer nor a build that it began runs on, and the hint names the setting."""
    shop = Shop(tmp_path, timeout_s=30)
    source, mark = hanging_package(tmp_path)
    wait = shop.children.wait

    async def wait_for_the_build(child: subprocess.Popen[bytes], timeout_s: float) -> int | None:
        while timeout_s == 30 and not mark.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.02)
        return await wait(child, 0.05 if timeout_s == 30 else timeout_s)

    shop.children.wait = wait_for_the_build

    failure = await shop.failure(f"--no-index\nloud @ file://{source}\n")

    assert failure.message == "Installing the requirements took longer than 30 s."
    assert "AANA_RAY__ENVIRONMENT_TIMEOUT_S" in failure.hint
    stat = processes.read_stat(int(mark.read_text()))
    assert stat is None or not stat.is_alive


async def test_an_installation_that_was_cut_short_is_not_taken_for_complete(shop: Shop) -> None:
    """What a killed unit left is no environment; the next request installs anew."""
    make_wheel(shop.wheels, "loud", "1.0", "")
    name = requirements.identify(requirements_for(shop.wheels, "loud"))
    half = shop.folders.environments / name / "half"
    half.parent.mkdir(parents=True)
    half.touch()

    with pytest.raises(Failed), shop.environments.use(name):
        raise AssertionError
    assert await shop.made("loud") == name
    assert not half.exists()


def test_the_installer_ends_with_its_unit(tmp_path: Path, sleepers: Callable[..., subprocess.Popen[bytes]]) -> None:
    """A unit that is killed leaves no installer behind that goes on writing."""
    source, mark = hanging_package(tmp_path)
    pid_file = tmp_path / "installer"
    installer = [sys.executable, "-P", "-m", "aanad.cluster.installer", str(tmp_path / "e"), "install", str(source)]
    unit = sleepers(
        sys.executable,
        "-c",
        f"import pathlib, subprocess, time\nchild = subprocess.Popen({installer!r})\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid))\ntime.sleep(1000)\n",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(mark.exists, within=60, what="a build is under way")
    pid = int(pid_file.read_text())

    unit.kill()
    unit.wait(5)

    eventually(lambda: (stat := processes.read_stat(pid)) is None or not stat.is_alive, within=10, what="it has ended")


async def test_the_ones_used_last_are_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the longest unused goes, but never one that an import uses; remains of others go too."""
    monkeypatch.setattr(project_environments, "KEPT", 2)
    used, old, young = "a" * 16, "b" * 16, "c" * 16
    for age, name in enumerate([used, old, young, ".gone-" + "d" * 16]):
        folder = shop.folders.environments / name
        folder.mkdir(parents=True)
        (folder / "ready").touch()
        os.utime(folder / "ready", (age, age))
    (shop.folders.environments / ("e" * 16)).mkdir()

    with shop.environments.use(used):
        os.utime(shop.folders.environments / used / "ready", (0, 0))
        made = (await shop.prepare("# nothing\n")).id

    left = {path.name for path in shop.folders.environments.iterdir() if path.is_dir()}
    assert left == {used, young, made}


@pytest.mark.parametrize("name", ["0" * 16, "../../etc", "x"])
async def test_an_environment_that_is_gone_is_said(shop: Shop, name: str) -> None:
    """A load that names one which is not there tells how to get it back."""
    result = await shop.load("", name)

    assert result.failure is not None
    assert result.failure.code == "environment_missing"
    assert "Deploy the project again" in result.failure.hint


async def test_requirements_of_comments_only_are_an_environment(shop: Shop) -> None:
    """A file that names nothing is no mistake."""
    result = await shop.prepare("# nothing yet\n")

    assert result.failure is None
    assert (await shop.load("import ray\n", result.id)).failure is None
