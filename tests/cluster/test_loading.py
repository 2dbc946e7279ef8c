"""Reading a project: its code may do anything, the answer is always a clear one."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from aanad.cluster import processes
from aanad.cluster.children import Children
from aanad.cluster.folders import Folders
from aanad.cluster.loading import Loading
from aanad.cluster.project_environments import ProjectEnvironments
from aanad.settings import Settings
from tests.cluster.conftest import APP, zipped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from aanad.wire.manifest import LoadFailure, LoadResult


OPTIONS = 'description="Loud.", tags=["text"], timeout_s=30, max_concurrent=2, max_queued=8, before=[print]'


class Reader:
    """Reads archives in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        folders = Folders(Settings(runtime_dir=folder))
        folders.loads = folder
        self.folder = folder
        children = Children()
        self.loading = Loading(folders, children, ProjectEnvironments(folders, children, timeout_s=20), timeout_s=20)

    def with_limit(self, seconds: float) -> Reader:
        """The same, less patient."""
        self.loading._timeout_s = seconds
        return self

    async def read(
        self, files: Mapping[str, str], project: str = "shout", *, secrets: Mapping[str, str] | None = None
    ) -> LoadResult:
        """What the loader says; nothing of it may stay on the disk."""
        result = await self.loading.load(body(zipped(files)), project=project, app=None, secrets=secrets)

        assert list(self.folder.iterdir()) == []
        return result

    async def failure(self, code: str) -> LoadFailure:
        """Why a project with this ``app.py`` cannot be read."""
        result = await self.read({"shout/app.py": code})

        assert result.manifest is None
        assert result.failure is not None
        return result.failure


async def body(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    folder = tmp_path / "loads"
    folder.mkdir()
    return Reader(folder)


async def test_says_what_is_in_a_project(reader: Reader) -> None:
    """Endpoints come with their schemas; what the author prints is in nobody's way."""
    result = await reader.read({"shout/app.py": APP + "print('hello' * 100_000)\n"})

    assert result.failure is None
    assert result.manifest is not None
    assert (result.manifest.name, result.manifest.app) == ("shout", "shout.app:aana_app")
    [endpoint] = result.manifest.endpoints
    assert (endpoint.name, endpoint.path, endpoint.summary) == ("echo", "/echo", "Says it again")
    assert endpoint.request_schema["required"] == ["text"]
    assert result.seconds > 0


async def test_the_options_of_an_endpoint_are_told(reader: Reader) -> None:
    """What operators and clients should know of it; hooks are the project's own business."""
    code = APP.replace("endpoint_cls=Echo", f"endpoint_cls=Echo, {OPTIONS}")
    result = await reader.read({"shout/app.py": code})

    assert result.manifest is not None
    [endpoint] = result.manifest.endpoints
    assert (endpoint.description, endpoint.tags) == ("Loud.", ["text"])
    assert (endpoint.timeout_s, endpoint.max_concurrent, endpoint.max_queued) == (30.0, 2, 8)


async def test_relative_imports_work(reader: Reader) -> None:
    """``from .part import …`` works as in a package."""
    files = {"shout/app.py": "from .part import aana_app\n", "shout/part.py": APP}

    result = await reader.read(files)

    assert result.manifest is not None
    assert result.manifest.app == "shout.app:aana_app"


async def test_a_long_answer_passes(reader: Reader) -> None:
    """A manifest larger than a pipe's buffer comes through whole."""
    summary = "x" * 500_000

    result = await reader.read({"shout/app.py": APP.replace("Says it again", summary)})

    assert result.manifest is not None
    assert result.manifest.endpoints[0].summary == summary


async def test_project_toml_names_app_and_environment(reader: Reader) -> None:
    """The import sees the variables that replicas will have, and the app may be elsewhere."""
    files = {
        "shout/main.py": APP + "import os\nassert os.environ['GREETING'] == 'hi'\n",
        "shout/project.toml": 'app = "main:aana_app"\n[env]\nGREETING = "hi"\n',
    }

    result = await reader.read(files)

    assert result.failure is None
    assert result.manifest is not None
    assert result.manifest.app == "shout.main:aana_app"


async def test_a_wrong_project_toml_is_named(reader: Reader) -> None:
    """An unknown key is an error that says where."""
    result = await reader.read({"shout/app.py": APP, "shout/project.toml": "autostrat = true\n"})

    assert result.failure is not None
    assert result.failure.code == "invalid_project"
    assert result.failure.message.startswith("project.toml: autostrat:")


async def test_an_import_error_shows_the_end_of_its_traceback(reader: Reader) -> None:
    """The last line is the exception, and the author's own line is above it."""
    failure = await reader.failure("import no_such_module_anywhere\n")

    assert failure.code == "import_error"
    assert "ModuleNotFoundError: No module named 'no_such_module_anywhere'" in failure.traceback[-1]
    assert any("app.py" in line for line in failure.traceback)


async def test_a_syntax_error_is_an_import_error(reader: Reader) -> None:
    """A file that Python cannot read is named."""
    failure = await reader.failure("def broken(:\n")

    assert failure.code == "import_error"
    assert "SyntaxError" in failure.message


async def test_no_app_is_said(reader: Reader) -> None:
    """A file without an app has a code of its own."""
    assert (await reader.failure("x = 1\n")).code == "no_app"


@pytest.mark.parametrize("code", ["import sys; sys.exit(3)", "raise KeyboardInterrupt", "raise MemoryError"])
async def test_exceptions_that_end_programs_are_import_errors(reader: Reader, code: str) -> None:
    """``sys.exit`` in an app ends the reading, with an answer."""
    failure = await reader.failure(code)

    assert failure.code == "import_error"
    assert "shout" in failure.message


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("os._exit(7)", "ended by itself with exit code 7"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was ended by SIGSEGV"),
        ("os.abort()", "was ended by SIGABRT"),
    ],
)
async def test_a_crash_is_told_with_the_last_output(reader: Reader, code: str, says: str) -> None:
    """Whatever takes the process down is named, with what it printed last."""
    failure = await reader.failure(f"import os, signal\nprint('about to', flush=True)\n{code}\n")

    assert failure.code == "import_crashed"
    assert says in failure.message
    assert "about to" in failure.traceback


async def test_an_import_that_hangs_is_ended_with_all_it_started(reader: Reader, tmp_path: Path) -> None:
    """After the limit neither the import nor a program that it started runs on."""
    pid_file = tmp_path / "pid"
    code = (
        "import pathlib, subprocess, time\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid))\n"
        "time.sleep(1000)\n"
    )

    failure = await reader.with_limit(3).failure(code)

    assert failure.code == "import_timeout"
    assert "longer than 3 s" in failure.message
    stat = processes.read_stat(int(pid_file.read_text()))
    assert stat is None or not stat.is_alive


async def test_threads_and_forks_of_the_import_do_not_delay_the_answer(reader: Reader) -> None:
    """What an import leaves running is ended as soon as the answer is there."""
    code = "import os, threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n"
    code += "if os.fork() == 0:\n    time.sleep(1000)\n"
    began = time.monotonic()

    result = await reader.read({"shout/app.py": APP + code})

    assert result.manifest is not None
    assert time.monotonic() - began < 15


async def test_a_bad_archive_is_an_answer(reader: Reader) -> None:
    """Bytes that are no archive, and one of another project, are failures like any other."""
    no_zip = await reader.loading.load(body(b"no zip"), project="shout", app=None)
    other = await reader.read({"other/app.py": APP})

    assert [result.failure.code for result in (no_zip, other) if result.failure] == ["invalid_archive"] * 2


async def test_the_own_environment_stays_hidden(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project does not see the daemon's settings while it is read."""
    monkeypatch.setenv("AANA_DATABASE__URL", "secret")

    result = await reader.read({"shout/app.py": APP + "import os\nassert 'AANA_DATABASE__URL' not in os.environ\n"})

    assert result.failure is None


async def test_only_two_are_read_at_once(reader: Reader, tmp_path: Path) -> None:
    """More projects wait for their turn; the limit counts from there."""
    count = (
        "import os, pathlib, time\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "mine = here / f'reading-{os.getpid()}'\nmine.touch()\ntime.sleep(0.3)\n"
        "(here / f'seen-{os.getpid()}').write_text(str(len(list(here.glob('reading-*')))))\nmine.unlink()\n"
    )

    results = await asyncio.gather(
        *(reader.loading.load(body(zipped({"shout/app.py": APP + count})), project="shout", app=None) for _ in range(4))
    )

    assert [result.failure for result in results] == [None] * 4
    seen = [int(path.read_text()) for path in tmp_path.glob("seen-*")]
    assert len(seen) == 4
    assert max(seen) <= 2


SECRET = "s3cr3t value\nof two lines"


async def test_secrets_reach_the_import_and_win_over_project_toml(reader: Reader) -> None:
    """As in a replica, a secret is an environment variable, and nothing of it is on a command line."""
    code = (
        "import os, pathlib\n"
        f"assert os.environ['TOKEN'] == {SECRET!r}\n"
        "assert b's3cr3t' not in pathlib.Path('/proc/self/cmdline').read_bytes()\n"
        "assert not [fd for fd in pathlib.Path('/proc/self/fd').iterdir() if 'variables' in str(fd.resolve())]\n"
    )
    files = {"shout/app.py": APP + code, "shout/project.toml": '[env]\nTOKEN = "public"\n'}

    result = await reader.read(files, secrets={"TOKEN": SECRET})

    assert result.failure is None


@pytest.mark.parametrize(
    "code",
    [
        "raise RuntimeError(os.environ['TOKEN'])",
        "raise KeyError(os.environ['TOKEN'])",
        "raise RuntimeError(os.environ['TOKEN'].splitlines()[1])",
        "raise RuntimeError('https://x/' + urllib.parse.quote(os.environ['TOKEN']))",
        "print(os.environ['TOKEN'], flush=True)\nos._exit(3)",
        "print(repr(os.environ['TOKEN']), flush=True)\nos.abort()",
        "sys.exit(os.environ['TOKEN'])",
    ],
)
async def test_no_failure_tells_a_secret(reader: Reader, code: str) -> None:
    """Raised, printed, quoted or broken into lines: three stars are shown instead."""
    files = {"shout/app.py": f"import os, sys, urllib.parse\n{code}\n"}

    result = await reader.read(files, secrets={"TOKEN": SECRET, "SHORT": "os"})

    assert result.failure is not None
    told = result.failure.model_dump_json()
    assert "***" in told
    assert "s3cr3t" not in told
    assert "two lines" not in told


async def test_a_large_secret_does_not_block_anybody(reader: Reader) -> None:
    """More than a pipe holds arrives whole."""
    code = "import os\nassert os.environ['LARGE'] == 'x' * 100_000\n"

    result = await reader.read({"shout/app.py": APP + code}, secrets={"LARGE": "x" * 100_000})

    assert result.failure is None
