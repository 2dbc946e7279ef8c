"""The environments of projects' requirements: made once a text, kept while they are used, removed when they are old."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from aanad.cluster import environment, installation_failure, requirements, sessions
from aanad.errors import Failed, InvalidProject
from aanad.wire.manifest import LoadFailure
from aanad.wire.unit import EnvironmentResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from aanad.cluster.children import Children
    from aanad.cluster.folders import Folders

log = logging.getLogger(__name__)
KEPT = 10
END_LIMIT_S = 5.0
READY = "ready"
"""The file that says that an environment is complete, written last.

An environment is built where it stays, because the programs in it name their Python by its path.
"""
ID = re.compile(r"[0-9a-f]{16}")
ASKED = "requirements.txt"
PINNED = "constraints.txt"
INSTALL = ["install", "--no-input", "--disable-pip-version-check", "--progress-bar=off", "-r", ASKED, "-c", PINNED]


class ProjectEnvironments:
    """Makes them one at a time; whoever asks for the same one meanwhile shares its outcome."""

    def __init__(self, folders: Folders, children: Children, *, timeout_s: float) -> None:
        self._folder = folders.environments
        self._children = children
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._making: dict[str, asyncio.Task[LoadFailure | None]] = {}
        self._uses: Counter[str] = Counter()
        self._installer: int | None = None

    async def prepare(self, body: AsyncIterator[bytes]) -> EnvironmentResult:
        """The environment of a ``requirements.txt``; every way in which that can fail is part of the answer."""
        began = time.monotonic()
        try:
            text = requirements.read(await _collect(body))
        except InvalidProject as error:
            failure = LoadFailure(code=error.code, message=error.message, hint=error.hint or "")
            return EnvironmentResult(id="", failure=failure)
        name = requirements.identify(text)
        result = EnvironmentResult(id=name)
        if self._is_ready(name):
            self._touch(name)
        else:
            if name not in self._making:
                self._making[name] = asyncio.create_task(self._make(name, text), name=f"environment {name}")
                self._making[name].add_done_callback(lambda _: self._making.pop(name, None))
            # Shielded: one who no longer waits does not take it from the others.
            result = EnvironmentResult(id=name, failure=await asyncio.shield(self._making[name]))
        return result.model_copy(update={"seconds": round(time.monotonic() - began, 3)})

    @contextlib.contextmanager
    def use(self, name: str) -> Iterator[Path]:
        """The folder of an environment, which stays there meanwhile.

        Raises:
            Failed: ``environment_missing``.
        """
        if not ID.fullmatch(name) or not self._is_ready(name):
            raise Failed(
                f"There is no environment {name!r} any more.",
                hint="Deploy the project again; its requirements are then installed again.",
                code="environment_missing",
            )
        self._uses[name] += 1
        try:
            self._touch(name)
            yield self._folder / name
        finally:
            self._uses[name] -= 1

    async def stop(self) -> None:
        """End an installation that is under way, and what waits for its turn."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._installer is not None:
            await sessions.end({self._installer}, grace_s=0.0, limit_s=END_LIMIT_S)

    async def _make(self, name: str, text: str) -> LoadFailure | None:
        async with self._turn:
            place = self._folder / name
            log.info("environment.installing %s", name)
            try:
                # What an installation left that was cut short.
                await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
                failure = await self._install(place, text)
                if failure is None:
                    (place / READY).touch()
            except OSError as error:
                failure = installation_failure.of_disk(error)
            if failure is not None:
                await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
            try:
                await self._prune()
            except OSError as error:
                log.warning("environments.not_pruned %s", error)
            log.info("environment.%s %s", "failed" if failure else "ready", name)
            return failure

    async def _install(self, place: Path, text: str) -> LoadFailure | None:
        _lay_out(place, text)
        output = self._folder / f"{place.name}.log"
        output.unlink(missing_ok=True)
        child = self._children.start(
            [sys.executable, "-P", "-m", "aanad.cluster.installer", str(place), *INSTALL],
            env=environment.clean_environment(place),
            cwd=place,
            stdout=output,
            stderr=output,
        )
        self._installer = child.pid
        status = await self._children.wait(child, self._timeout_s)
        await sessions.end({child.pid}, grace_s=0.0, limit_s=END_LIMIT_S)
        await self._children.wait(child, END_LIMIT_S)
        self._installer = None
        if status == 0:
            return None
        return installation_failure.describe(output, place, timeout_s=self._timeout_s if status is None else None)

    async def _prune(self) -> None:
        """Remove all but those that were used last, and what was never completed.

        It runs while no other is made. A name is taken away first, so that nobody begins to use what is being removed.
        """
        found = sorted(
            (path for path in self._folder.iterdir() if path.is_dir()), key=lambda path: self._used_at(path.name)
        )
        ready = [path for path in found if ID.fullmatch(path.name) and self._is_ready(path.name)]
        old = [path for path in ready[:-KEPT] if not self._uses[path.name]]
        for path in [path for path in found if path not in ready] + old:
            gone = path if path.name.startswith(".gone-") else path.rename(path.with_name(f".gone-{path.name}"))
            await asyncio.to_thread(shutil.rmtree, gone, ignore_errors=True)
        logs = sorted(self._folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
        for path in logs[:-KEPT]:
            if not self._is_ready(path.stem):
                path.unlink(missing_ok=True)

    def _is_ready(self, name: str) -> bool:
        return (self._folder / name / READY).is_file()

    def _touch(self, name: str) -> None:
        with contextlib.suppress(OSError):
            (self._folder / name / READY).touch()

    def _used_at(self, name: str) -> float:
        try:
            return (self._folder / name / READY).stat().st_mtime
        except OSError:
            return 0.0


def _lay_out(place: Path, text: str) -> None:
    place.mkdir(parents=True, mode=0o700)
    (place / ASKED).write_bytes(text.encode())
    (place / PINNED).write_text("".join(f"{name}=={version}\n" for name, version in requirements.pins().items()))


async def _collect(body: AsyncIterator[bytes]) -> bytes:
    """The body, but never much more of it than may be in it."""
    received = bytearray()
    async for chunk in body:
        if len(received) <= requirements.MAX_BYTES:
            received += chunk
    return bytes(received)
