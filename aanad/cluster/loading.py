"""Reading a project: its archive is unpacked and imported by a child process that may do anything but hurt us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from aanad.cluster import archive, import_secrets, sessions
from aanad.cluster.environment import clean_environment
from aanad.cluster.head import last_lines
from aanad.errors import AanaError, InvalidProject
from aanad.wire.manifest import LoadFailure, LoadResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from subprocess import Popen

    from aanad.cluster.children import Children
    from aanad.cluster.folders import Folders
    from aanad.cluster.project_environments import ProjectEnvironments

AT_ONCE = 2
MAX_RESULT_BYTES = 16 * 1024 * 1024
EVIDENCE_LINES = 20
END_LIMIT_S = 5.0


class Loading:
    """Reads projects, a few at a time."""

    def __init__(
        self, folders: Folders, children: Children, environments: ProjectEnvironments, *, timeout_s: float
    ) -> None:
        self._folder = folders.loads
        self._children = children
        self._environments = environments
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: set[int] = set()

    async def load(
        self,
        body: AsyncIterator[bytes],
        *,
        project: str,
        app: str | None,
        environment: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> LoadResult:
        """Read the project in an archive; every way in which that can fail is part of the answer.

        Args:
            body: the zip file.
            project: its name, which is its top folder.
            app: ``module:attribute`` where not the one `AanaSDK` of ``app.py``.
            environment: the environment of its requirements, where it has some.
            secrets: further variables for the import.
        """
        began = time.monotonic()
        place = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            await _save(body, place / "archive.zip")
            with self._environments.use(environment) if environment else contextlib.nullcontext() as virtual:
                async with self._slots:
                    began = time.monotonic()
                    unpacked = place / "unpacked"
                    unpacked.mkdir()
                    await asyncio.to_thread(archive.unpack, place / "archive.zip", unpacked, project)
                    names = [project, app] if app else [project]
                    result = await self._import(place, names, virtual, secrets or {})
        except AanaError as error:
            failure = LoadFailure(code=error.code, message=error.message, hint=error.hint or "", traceback=error.detail)
            result = LoadResult(failure=failure)
        finally:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
        if result.failure is not None and secrets:
            result = LoadResult(failure=import_secrets.hide(result.failure, secrets.values()))
        return result.model_copy(update={"seconds": round(time.monotonic() - began, 3)})

    async def stop(self) -> None:
        """End all children that still read."""
        await sessions.end(set(self._running), grace_s=0.0, limit_s=END_LIMIT_S)

    async def _import(
        self, place: Path, names: list[str], virtual: Path | None, secrets: Mapping[str, str]
    ) -> LoadResult:
        output = place / "output.log"
        python = virtual / "bin" / "python" if virtual else sys.executable
        reading, writing = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(reading, False)
        passed = import_secrets.descriptor(secrets)
        try:
            flags = [f"--result-fd={writing}", f"--secrets-fd={passed}"]
            child = self._children.start(
                # -P: what is imported comes from the installed packages until the loader itself adds the folder.
                [str(python), "-P", "-m", "aanad.cluster.loader", *flags, *names],
                env=clean_environment(virtual),
                cwd=place / "unpacked",
                stdout=output,
                stderr=output,
                pass_fds=[writing, passed],
            )
        finally:
            os.close(writing)
            os.close(passed)
        self._running.add(child.pid)
        received = bytearray()
        try:
            with _collecting(reading, received):
                status = await self._children.wait(child, self._timeout_s)
                # What the import started must not live on either.
                await sessions.end({child.pid}, grace_s=0.0, limit_s=END_LIMIT_S)
                _drain(reading, received)
            await self._children.wait(child, END_LIMIT_S)
        finally:
            self._running.discard(child.pid)
            os.close(reading)
        return self._judge(child, bytes(received), is_late=status is None, evidence=last_lines(output, EVIDENCE_LINES))

    def _judge(self, child: Popen[bytes], received: bytes, *, is_late: bool, evidence: list[str]) -> LoadResult:
        with contextlib.suppress(ValidationError):
            return LoadResult.model_validate_json(received)
        if is_late:
            return LoadResult(
                failure=LoadFailure(
                    code="import_timeout",
                    message=f"Importing the project took longer than {self._timeout_s:g} s.",
                    hint="Move slow work (downloads, loading models) from the import into apply_config, or allow more "
                    "with AANA_RAY__LOAD_TIMEOUT_S.",
                    traceback=evidence,
                )
            )
        return LoadResult(
            failure=LoadFailure(
                code="import_crashed",
                message=f"The process that imported the project {_how_it_ended(child.returncode)}.",
                hint="Import the project with plain Python to see the same: python -c 'import <project>.app'.",
                traceback=evidence,
            )
        )


async def _save(body: AsyncIterator[bytes], path: Path) -> None:
    size = 0
    with path.open("xb") as file:
        async for chunk in body:
            size += len(chunk)
            if size > archive.MAX_ARCHIVE_BYTES:
                raise InvalidProject(
                    f"The archive is larger than {archive.MAX_ARCHIVE_BYTES} bytes.",
                    hint="Keep weights and data out of the project's folder.",
                    code="invalid_archive",
                )
            await asyncio.to_thread(file.write, chunk)


@contextlib.contextmanager
def _collecting(descriptor: int, received: bytearray) -> Iterator[None]:
    """Empty a pipe as it fills, so that a long result cannot block its writer."""
    loop = asyncio.get_running_loop()

    def ready() -> None:
        if _drain(descriptor, received):
            loop.remove_reader(descriptor)

    loop.add_reader(descriptor, ready)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)


def _drain(descriptor: int, received: bytearray) -> bool:
    """Take what is there; True at the end."""
    while len(received) <= MAX_RESULT_BYTES:
        try:
            chunk = os.read(descriptor, 65536)
        except BlockingIOError:
            return False
        if not chunk:
            return True
        received += chunk
    return True


def _how_it_ended(status: int | None) -> str:
    if status is None:
        return "did not end"
    if status >= 0:
        return f"ended by itself with exit code {status}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"
