"""Reading an uploaded archive: kept and checked, its requirements installed, its code imported; that is a revision."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from aanad.core.records import RevisionRecord
from aanad.core.sizes import INGRESS
from aanad.errors import AanaError, ClusterUnavailable, ImportFailed, InvalidProject, Refused
from aanad.wire.manifest import LoadFailure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aanad.core.ports import Archives, Clock, RayUnit, Secrets, Store, StoredArchive
    from aanad.wire.manifest import LoadResult, ProjectManifest
    from aanad.wire.unit import EnvironmentResult

Result = TypeVar("Result")
UNIT_PATIENCE_S = 60.0
"""How long reading waits for a Ray unit that does not answer yet."""
INGRESS_SETTINGS = {"replicas", "autoscaling", "max_ongoing_requests"}


async def _untold(step: str, message: str) -> None:
    """Nobody wants to know the steps."""


class Reading:
    """Has the Ray unit read projects; a deploy and a plan of one begin alike."""

    def __init__(self, *, store: Store, unit: RayUnit, archives: Archives, secrets: Secrets, clock: Clock) -> None:
        self._store = store
        self._unit = unit
        self._archives = archives
        self._secrets = secrets
        self._clock = clock
        self._in_use: Counter[str] = Counter()

    async def save(self, project: str, chunks: AsyncIterator[bytes]) -> StoredArchive:
        """Keep an archive, if it can be one of this project, until it is released.

        Raises:
            InvalidProject: ``name_mismatch``, or as the archives say.
            Refused: ``route_prefix_taken``.
        """
        stored = await self._archives.save(chunks)
        self._in_use[stored.digest] += 1
        try:
            if stored.top != project:
                raise InvalidProject(
                    f"The archive holds the project {stored.top}, not {project}.",
                    hint="The folder's name, or name= in project.toml, is the project's name.",
                    code="name_mismatch",
                )
            await self._check_prefix(project, _prefix(project, stored))
        except AanaError:
            await self.release(stored)
            raise
        return stored

    async def release(self, stored: StoredArchive) -> None:
        """Let go of what `save` gave: an archive that became no revision is deleted once nobody reads it."""
        self._in_use[stored.digest] -= 1
        if self._in_use[stored.digest] > 0:
            return
        del self._in_use[stored.digest]
        if stored.digest not in {revision.archive for revision in await self._store.revisions()}:
            await self._archives.delete(stored.digest)

    async def revision(
        self,
        stored: StoredArchive,
        project: str,
        *,
        app: str | None,
        git_commit: str | None,
        actor: str,
        tell: Callable[[str, str], Awaitable[None]] = _untold,
    ) -> RevisionRecord:
        """Read a kept archive.

        Args:
            stored: the archive.
            project: the project's name.
            app: `module:attribute` of the app inside the folder, where `project.toml` does not say it.
            git_commit: the commit that the files were taken from.
            actor: who wants it.
            tell: called with each step, ``environment`` and ``load``, and what happens in it.

        Raises:
            ImportFailed: with the loader's code, message, hint and evidence.
            AanaError: it is none for another reason.
        """
        environment = None
        if stored.requirements is not None:
            await tell("environment", "Installing what requirements.txt names.")
            prepared = await self._prepare(stored.requirements)
            if prepared.failure is not None:
                raise _failed(prepared.failure)
            environment = prepared.id
        await tell("load", "Reading the project.")
        result = await self._load(stored, project, app or stored.file.app, environment)
        if result.manifest is None:
            raise _failed(result.failure or LoadFailure(code="import_error", message="The project could not be read."))
        _check_overrides(stored, result.manifest)
        await self._check_prefix(project, _prefix(project, stored))
        return RevisionRecord(
            id=revision_id(stored.digest, app),
            project=project,
            archive=stored.digest,
            size_bytes=stored.size_bytes,
            manifest=result.manifest,
            file=stored.file,
            route_prefix=_prefix(project, stored),
            created_at=self._clock.now(),
            created_by=actor,
            git_commit=git_commit,
            requirements=stored.requirements,
        )

    async def _prepare(self, requirements: str) -> EnvironmentResult:
        return await self._patiently(lambda: self._unit.prepare(requirements))

    async def _load(self, stored: StoredArchive, project: str, app: str | None, environment: str | None) -> LoadResult:
        secrets = await self._secrets.values(project)
        path = self._archives.path(stored.digest)
        return await self._patiently(
            lambda: self._unit.load(path, project=project, app=app, environment=environment, secrets=secrets)
        )

    async def _patiently(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        """Ask the Ray unit, and wait for one that is only just starting."""
        deadline = self._clock.monotonic() + UNIT_PATIENCE_S
        while True:
            try:
                return await ask()
            except ClusterUnavailable:
                if self._clock.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.5)

    async def _check_prefix(self, project: str, prefix: str) -> None:
        for record in await self._store.projects():
            if record.name == project or record.revision is None:
                continue
            other = await self._store.revision(record.name, record.revision)
            if other is not None and other.route_prefix == prefix:
                raise Refused(
                    f"The route prefix {prefix} is taken by the project {record.name}.",
                    hint="Give another route_prefix in project.toml, or remove that project.",
                    code="route_prefix_taken",
                )


def revision_id(digest: str, app: str | None) -> str:
    """12 hexadecimal digits that are the same for the same files and settings."""
    return hashlib.sha256(f"{digest}\n{app or ''}".encode()).hexdigest()[:12]


def _prefix(project: str, stored: StoredArchive) -> str:
    return stored.file.route_prefix or f"/{project}"


def _failed(failure: LoadFailure) -> ImportFailed:
    return ImportFailed(failure.message, hint=failure.hint or None, code=failure.code, detail=failure.traceback)


def _check_overrides(stored: StoredArchive, manifest: ProjectManifest) -> None:
    known = {deployment.name for deployment in manifest.deployments}
    for name, override in stored.file.deployments.items():
        if name == INGRESS.name and (beyond := override.model_fields_set - INGRESS_SETTINGS):
            raise InvalidProject(
                f"project.toml overrides {min(beyond)} of the ingress, which runs no code of its own.",
                hint=f"For the ingress there are: {', '.join(sorted(INGRESS_SETTINGS))}.",
                code="unknown_override",
            )
        if name not in known | {INGRESS.name}:
            raise InvalidProject(
                f"project.toml overrides the deployment {name}, which the project does not have.",
                hint=f"It has: {', '.join(sorted(known)) or 'none'}.",
                code="unknown_deployment",
            )
